//! Documents of AWS's greatest length that are made to take long. The measuring room reads them as well.

/// A document, and what is said of it when it is refused.
pub struct Long {
    pub name: &'static str,
    pub xml: String,
    pub refused_for: &'static str,
}

/// What fits into 100,000 letters of base64.
pub const LONGEST: usize = 75_000;

/// All of them: `good` is a Response that holds, `inclusive` one that is signed in a form which looks at every prefix.
pub fn all(good: &str, inclusive: &str) -> Vec<Long> {
    let room = LONGEST - good.len() - 100;
    let statement = "<saml:AttributeStatement>";
    let filled = |document: &str, filling: &str| document.replacen(statement, &format!("{statement}{filling}"), 1);
    let within = |filling: &str| filled(good, filling);
    let long = |name, xml, refused_for| Long { name, xml, refused_for };
    let attributes = |count: usize| (0..count).map(|at| format!(" a{at:05}=\"\"")).collect::<String>();
    let prefixes = |count: usize| (0..count).map(|at| format!(" xmlns:n{at}=\"u:{at}\"")).collect::<String>();
    let names: String = (0..room / 34).map(|at| format!("<saml:Attribute Name=\"{at:08}\"/>")).collect();
    let few: String = (0..2900).map(|at| format!("<n{}:b/>", at % 20)).collect();
    let (too_much, attributes_of_one) = ("TooMuch", "not XML that is taken: Attributes");
    let (malformed, digest) = ("Malformed", "what was signed was changed");
    let empty = |prefixes: &str, length: usize| format!("<a{prefixes}>{}</a>", "<b/>".repeat(length / 4));
    let inclusive_room = LONGEST - 100 - inclusive.len();
    vec![
        long("billion laughs", billion_laughs(good), malformed),
        long("the most elements", within(&"<a/>".repeat(room / 4)), too_much),
        long("the most elements that are read", within(&"<a/>".repeat(2900)), digest),
        long("the most attributes of the person", within(&"<saml:Attribute Name=\"a\"/>".repeat(room / 26)), digest),
        long("the most names", within(&names), digest),
        long("the deepest", within(&format!("{}{}", "<a>".repeat(room / 7), "</a>".repeat(room / 7))), malformed),
        long("as deep as is read, again and again", within(&deep_ones(room)), digest),
        long(
            "one element with the most attributes",
            within(&format!("<a{}/>", attributes(room / 10))),
            attributes_of_one,
        ),
        long(
            "as many attributes as are read",
            within(&format!("<a{}/>", attributes(500)).repeat(room / 5_100)),
            digest,
        ),
        long("the most namespaces", within(&empty(&prefixes(400), room - 9_000)), too_much),
        long("as many namespaces as are read", within(&empty(&prefixes(18), 11_000)), digest),
        long("long text", within(&"x".repeat(room)), digest),
        long("references", within(&"&amp;".repeat(room / 5)), digest),
        long(
            "namespaces in an inclusive form",
            filled(inclusive, &empty(&prefixes(400), inclusive_room - 9_000)),
            too_much,
        ),
        long("the most prefixes in a list", listed(good, &"<a/>".repeat(1900), room), "PrefixList"),
        long("elements in an inclusive form", filled(inclusive, &format!("<a{}>{few}</a>", prefixes(20))), digest),
    ]
}

/// A canonical form that is to look for as many prefixes as fit, in all of these elements.
fn listed(good: &str, elements: &str, room: usize) -> String {
    let prefixes: String = (0..(room - elements.len() - 200) / 5).map(|at| format!("{at:04x} ")).collect();
    let form = "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\">";
    let list = format!(
        "{form}<ec:InclusiveNamespaces xmlns:ec=\"http://www.w3.org/2001/10/xml-exc-c14n#\" PrefixList=\"{prefixes}\"/>"
    );
    let statement = "<saml:AttributeStatement>";
    good.replacen(form, &list, 1).replacen(statement, &format!("{statement}{elements}"), 1)
}

/// Elements as deep as they may be, as often as they fit.
fn deep_ones(room: usize) -> String {
    // The assertion and its statement are three levels already.
    let one = format!("{}{}", "<a>".repeat(60), "</a>".repeat(60));
    one.repeat((room / one.len()).min(2900 / 60))
}

fn billion_laughs(good: &str) -> String {
    let entities: String =
        (1..10).map(|at| format!("<!ENTITY e{at} \"{}\">", format!("&e{};", at - 1).repeat(10))).collect();
    let doctype = format!("<!DOCTYPE r [<!ENTITY e0 \"ha\">{entities}]>");
    format!("{doctype}{}", good.replacen(">alice<", ">&e9;<", 1))
}
