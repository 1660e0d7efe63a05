//! ARNs, split at their first five colons.

/// The six parts of an ARN; the last keeps its colons.
pub(super) fn parts(text: &str) -> Option<[&str; 6]> {
    // Conditions split the ARN of every request, so nothing is allocated for it.
    let mut parts = text.splitn(6, ':');
    let found = [parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?];
    matches!(found, ["arn", ..]).then_some(found)
}

/// Whether a text is an account's twelve digits.
pub(super) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The six parts of what may stand for ARNs, where `cut` finds the colons.
pub(super) fn parts_by<'t>(text: &'t str, cut: impl Fn(&'t str) -> Option<(&'t str, &'t str)>) -> Option<[&'t str; 6]> {
    up_to_six(text, cut).try_into().ok()
}

/// The same of a text that may have fewer.
pub(super) fn up_to_six<'t>(text: &'t str, cut: impl Fn(&'t str) -> Option<(&'t str, &'t str)>) -> Vec<&'t str> {
    let mut parts = Vec::with_capacity(6);
    let mut rest = text;
    while parts.len() < 5
        && let Some((before, after)) = cut(rest)
    {
        parts.push(before);
        rest = after;
    }
    parts.push(rest);
    parts
}
