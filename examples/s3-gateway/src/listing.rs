//! Listings: what of them conditions see, and their keys as clients want them written.

use std::fmt::Write as _;

use s3s::dto::{
    CommonPrefixList, EncodingType, ListObjectsInput, ListObjectsOutput, ListObjectsV2Input, ListObjectsV2Output,
    ObjectList,
};
use s3s::{S3Result, s3_error};

/// What a listing asks for, as far as policies speak of it.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pub prefix: Option<&'a str>,
    pub delimiter: Option<&'a str>,
    pub max_keys: Option<i32>,
}

/// How many keys a listing has at the most, if it may ask for so many.
// ATTACK: -1 is less than what a policy allows, and s3s-fs takes it for 1000.
pub fn at_most(asked: Option<i32>) -> S3Result<Option<i32>> {
    match asked {
        Some(asked) if asked < 0 => {
            Err(s3_error!(InvalidArgument, "Argument maxKeys must be an integer between 0 and 2147483647"))
        }
        asked => Ok(asked.map(|asked| asked.min(1000))),
    }
}

/// Whether keys shall be escaped.
pub fn is_url(encoding: Option<&EncodingType>) -> bool {
    encoding.is_some_and(|encoding| encoding.as_str() == EncodingType::URL)
}

/// A listing in which nothing can be.
pub fn nothing_v1(input: ListObjectsInput) -> ListObjectsOutput {
    let ListObjectsInput { bucket, prefix, delimiter, max_keys, encoding_type, marker, .. } = input;
    ListObjectsOutput {
        name: Some(bucket),
        prefix,
        delimiter,
        marker,
        max_keys: max_keys.or(Some(1000)),
        is_truncated: Some(false),
        encoding_type,
        ..ListObjectsOutput::default()
    }
}

/// A listing in which nothing can be.
pub fn nothing_v2(input: ListObjectsV2Input) -> ListObjectsV2Output {
    let ListObjectsV2Input { bucket, prefix, delimiter, max_keys, encoding_type, start_after, .. } = input;
    ListObjectsV2Output {
        name: Some(bucket),
        prefix,
        delimiter,
        start_after,
        max_keys: max_keys.or(Some(1000)),
        key_count: Some(0),
        is_truncated: Some(false),
        encoding_type,
        ..ListObjectsV2Output::default()
    }
}

/// Escapes what is to be escaped, and tells the place to go on from.
pub fn finish_v1(output: &mut ListObjectsOutput, url: bool) {
    if url {
        escape_all(output.contents.as_mut(), output.common_prefixes.as_mut());
        for text in [&mut output.prefix, &mut output.delimiter, &mut output.marker, &mut output.next_marker] {
            escape_in(text);
        }
    }
}

/// Escapes what is to be escaped.
pub fn finish_v2(output: &mut ListObjectsV2Output, url: bool) {
    if url {
        escape_all(output.contents.as_mut(), output.common_prefixes.as_mut());
        for text in [&mut output.prefix, &mut output.delimiter, &mut output.start_after] {
            escape_in(text);
        }
    }
}

fn escape_all(contents: Option<&mut ObjectList>, prefixes: Option<&mut CommonPrefixList>) {
    contents.into_iter().flatten().for_each(|object| escape_in(&mut object.key));
    prefixes.into_iter().flatten().for_each(|prefix| escape_in(&mut prefix.prefix));
}

fn escape_in(text: &mut Option<String>) {
    if let Some(text) = text {
        *text = escape(text);
    }
}

fn escape(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~/*".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_escaped_so_that_any_client_reads_them_back() {
        assert_eq!(escape("a/b c+d%é"), "a/b%20c%2Bd%25%C3%A9");
    }
}
