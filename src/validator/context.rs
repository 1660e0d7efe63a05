//! The context keys that a service sends along: facts of the request and the resource, never of who asks.

use super::answer::Problem;
use super::json::{Pairs, Text, Texts};
use crate::access::is_of_asker;
use crate::policy::context::RequestContext;

/// More is no honest request.
const MOST_KEYS: usize = 200;
/// AWS: S3 takes no more of all headers together, and what they say becomes context.
const LONGEST: usize = 8 * 1024;

/// AWS: keys that have several values, however many there happen to be. Of all others one value is one.
const MANY: [&str; 19] = [
    "aws:calledvia",
    "aws:principalorgpaths",
    "aws:principalservicenameslist",
    "aws:resourceorgpaths",
    "aws:sourceorgpaths",
    "aws:tagkeys",
    "aws:vpceorgpaths",
    "dynamodb:attributes",
    "dynamodb:firstpartitionkeyvalues",
    "dynamodb:fourthpartitionkeyvalues",
    "dynamodb:leadingkeys",
    "dynamodb:secondpartitionkeyvalues",
    "dynamodb:thirdpartitionkeyvalues",
    "kms:encryptioncontextkeys",
    "kms:grantoperations",
    "kms:resourcealiases",
    "s3:requestobjecttagkeys",
    "sts:requestcontextproviders",
    "sts:transitivetagkeys",
];

/// Reads them; a key that only we can know is refused, so that the mistake is seen.
pub(super) fn read<'a>(pairs: &'a Pairs<'a, Texts<'a>>) -> Result<RequestContext<'a>, Problem> {
    if pairs.0.len() > MOST_KEYS {
        return Err(Problem::new(413, "at most 200 keys of context"));
    }
    let mut context = RequestContext::with_capacity(pairs.0.len());
    for (Text(key), values) in &pairs.0 {
        if is_of_asker(key) {
            let why = format!("{key} tells who asks or when: the validator knows that, and takes nobody's word for it");
            return Err(Problem::new(400, &why));
        }
        if context.get(key).is_some() {
            return Err(Problem::new(400, &format!("the key {key} is there twice, for its case does not matter")));
        }
        let long = |text: &Text<'_>| text.len() > LONGEST;
        let too_long = match values {
            Texts::One(value) => long(value),
            Texts::Many(values) => values.iter().any(long),
        };
        if too_long || key.len() > LONGEST {
            return Err(Problem::new(413, "a key of context has at most 8 KiB, and so has its value"));
        }
        let values = match values {
            Texts::One(value) => std::slice::from_ref(value),
            Texts::Many(values) => values.as_slice(),
        };
        match values {
            [value] if !MANY.iter().any(|many| many.eq_ignore_ascii_case(key)) => context.set(&**key, &**value),
            values => context.set_many(&**key, values.iter().map(|value| &**value)),
        }
    }
    Ok(context)
}
