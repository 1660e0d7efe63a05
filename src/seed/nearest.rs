//! Guesses which word was meant.

/// The word of `known` that is nearest to `word`, if one is near enough to be meant.
pub fn nearest<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let plain = plain(word);
    if plain.is_empty() || plain.len() > LONGEST {
        return None;
    }
    let habit = HABITS.iter().find(|(other, _)| *other == plain).map(|(_, here)| *here);
    known
        .filter(|candidate| candidate.len() <= LONGEST)
        .map(|candidate| {
            let habitual = habit == Some(candidate);
            (if habitual { 0 } else { distance(&plain, &self::plain(candidate)) }, candidate)
        })
        .filter(|(distance, candidate)| *distance <= candidate.len().div_ceil(4))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// What to do about a word that is not known: take the one that was meant, `or` else this.
pub(super) fn meant_or<'k>(word: &str, known: impl Iterator<Item = &'k str>, or: &str) -> String {
    nearest(word, known).map_or_else(|| or.to_owned(), |meant| format!("did you mean `{meant}`?"))
}

/// Beyond this nobody mistypes a word; and the cost grows with the square.
const LONGEST: usize = 200;

/// What other tools call the keys of a seed.
const HABITS: &[(&str, &str)] = &[
    ("accesskeyid", "id"),
    ("accountid", "id"),
    ("assumerolepolicydocument", "trust"),
    ("groupname", "name"),
    ("inlinepolicies", "policies"),
    ("managedpolicies", "attachedPolicies"),
    ("managedpolicyarns", "attachedPolicies"),
    ("policydocument", "document"),
    ("policyname", "name"),
    ("rolename", "name"),
    ("secretaccesskey", "secret"),
    ("secretkey", "secret"),
    ("trustpolicy", "trust"),
    ("username", "name"),
];

/// Without case and punctuation, in which habits differ.
fn plain(word: &str) -> String {
    word.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// How many letters must be put in, taken out or replaced to turn one word into the other.
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (taken, letter) in from.chars().enumerate() {
        let mut diagonal = taken;
        let mut left = taken + 1;
        let mut next = vec![left];
        for (above, other) in row.iter().skip(1).zip(to.chars()) {
            left = (diagonal + usize::from(letter != other)).min(left + 1).min(above + 1);
            diagonal = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: [&str; 6] = ["name", "path", "trust", "attachedPolicies", "policies", "maxSessionDuration"];

    #[track_caller]
    fn check(word: &str, meant: Option<&str>) {
        assert_eq!(nearest(word, KEYS.into_iter()), meant, "{word}");
    }

    #[test]
    fn a_slip_of_the_finger_is_understood() {
        check("nam", Some("name"));
        check("polices", Some("policies"));
        check("attachedPolicy", Some("attachedPolicies"));
        check("max_session_duration", Some("maxSessionDuration"));
        check("MaxSessionDuraton", Some("maxSessionDuration"));
    }

    #[test]
    fn the_words_of_other_tools_are_understood() {
        check("AssumeRolePolicyDocument", Some("trust"));
        check("ManagedPolicyArns", Some("attachedPolicies"));
    }

    #[test]
    fn what_is_far_from_everything_is_not_guessed() {
        check("colour", None);
        check("", None);
        check("wJalrXUtnFEMI", None);
    }
}
