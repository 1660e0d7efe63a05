//! The canonical request a second time, as plainly as it can be written, to be compared with the engine's.

use std::collections::BTreeMap;

use crate::Request;

/// The canonical request of what goes over the wire.
pub fn request(request: &Request, signed_headers: &str, payload: &str, s3: bool) -> String {
    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    let path = if s3 { path.to_owned() } else { encoded(normalised(path).as_bytes(), "/") };
    let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in &request.headers {
        let words: Vec<&str> = value.split(' ').filter(|word| !word.is_empty()).collect();
        values.entry(name.to_lowercase()).or_default().push(words.join(" "));
    }
    let mut headers = String::new();
    for name in signed_headers.split(';') {
        headers += &format!("{name}:{}\n", values[name].join(","));
    }
    format!("{}\n{path}\n{}\n{headers}\n{signed_headers}\n{payload}", request.method, sorted(query))
}

/// Every byte but letters, digits, `-._~` and those of `kept` as `%XX`.
pub fn encoded(bytes: &[u8], kept: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || kept.as_bytes().contains(&byte);
    bytes.iter().map(|byte| if plain(*byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

fn sorted(query: &str) -> String {
    let mut pairs: Vec<(String, String)> = query
        .split('&')
        .filter(|pair| !pair.is_empty() && !pair.starts_with("X-Amz-Signature="))
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (encoded(&decoded(name), ""), encoded(&decoded(value), "")))
        .collect();
    pairs.sort();
    let pairs: Vec<String> = pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join("&")
}

fn decoded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut parts = text.split('%');
    bytes.extend(parts.next().unwrap_or_default().replace('+', " ").bytes());
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).expect("cases have whole escapes"));
        bytes.extend(part[2..].replace('+', " ").bytes());
    }
    bytes
}

/// RFC 3986, 5.2.4, and then no empty segments.
fn normalised(path: &str) -> String {
    let mut stack: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        if segment == ".." {
            stack.pop();
        } else if !segment.is_empty() && segment != "." {
            stack.push(segment);
        }
    }
    let inside = stack.join("/");
    let open = ["/", "/.", "/.."].iter().any(|end| path.ends_with(end)) && !inside.is_empty();
    format!("/{inside}{}", if open { "/" } else { "" })
}
