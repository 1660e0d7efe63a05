//! XML as a tree: read once and strictly, with nothing in it that could mean two things.
//!
//! ATTACK: no DOCTYPE, so no entities; no processing instructions; nothing but UTF-8; bounded depth; and no namespace
//! whose name is relative, over which canonicalisers stumble. Names are compared as (namespace, local name).

use std::collections::HashSet;
use std::ops::Range;

use uppsala::{Document, NodeId, NodeKind, Parser};

use super::namespace;
use super::text::Text;

/// Elements within elements.
const GREATEST_DEPTH: u32 = 64;
/// What a document may have that is to be canonicalised, which looks at every prefix in every element.
const MOST_ELEMENTS: usize = 3000;
pub(super) const MOST_PREFIXES: usize = 24;

/// A document.
pub(super) struct Tree<'x> {
    document: Document<'x>,
    root: NodeId,
}

/// Why a text is no such document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotXml {
    /// It begins with a byte order mark.
    ByteOrderMark,
    /// It is not well-formed, has a DOCTYPE, or is too deep.
    Malformed(String),
    /// It says that it is not UTF-8.
    Encoding(String),
    /// It has a processing instruction.
    Instruction,
    /// An element has too many attributes.
    Attributes,
    /// It has more elements or prefixes than any identity provider needs.
    TooMuch,
    /// A namespace has a relative name, or the prefix `xml` another meaning.
    Namespace(String),
}

impl<'x> Tree<'x> {
    pub(super) fn parse(text: &'x Text<'_>) -> Result<Self, NotXml> {
        let document = read(text, true)?;
        let declared = document.xml_declaration.as_ref().and_then(|declaration| declaration.encoding.as_deref());
        if let Some(encoding) = declared.filter(|encoding| !encoding.eq_ignore_ascii_case("utf-8")) {
            return Err(NotXml::Encoding(encoding.to_owned()));
        }
        let root = document.document_element().ok_or_else(|| NotXml::Malformed("no element".to_owned()))?;
        for node in document.descendants(document.root()) {
            match document.node_kind(node) {
                Some(NodeKind::ProcessingInstruction(_)) => return Err(NotXml::Instruction),
                Some(NodeKind::Element(element)) => {
                    let odd = element.namespace_declarations.iter().find(|(prefix, name)| !is_sound(prefix, name));
                    if let Some((_, name)) = odd {
                        return Err(NotXml::Namespace(name.to_string()));
                    }
                }
                _ => {}
            }
        }
        Ok(Self { document, root })
    }

    /// Whether its canonical form can be made soon.
    ///
    /// ATTACK: what a canonical form costs grows with the prefixes times the elements.
    pub(super) fn check_cost(&self) -> Result<(), NotXml> {
        let mut prefixes = HashSet::new();
        let mut elements = 0;
        for element in self.elements() {
            elements += 1;
            prefixes.extend(element.element.namespace_declarations.iter().map(|(prefix, _)| prefix.as_ref()));
        }
        if elements > MOST_ELEMENTS || prefixes.len() > MOST_PREFIXES { Err(NotXml::TooMuch) } else { Ok(()) }
    }

    pub(super) fn root(&self) -> Option<Element<'_>> {
        Element::at(&self.document, self.root)
    }

    /// Every element, in the order of the text.
    pub(super) fn elements(&self) -> impl Iterator<Item = Element<'_>> {
        let nodes = self.document.descendants(self.document.root());
        nodes.into_iter().filter_map(|node| Element::at(&self.document, node))
    }
}

/// Whether a text is one element, with blanks and comments around it at most; its prefixes may be declared elsewhere.
pub(super) fn is_one_element(text: &Text<'_>) -> bool {
    read(text, false).is_ok()
}

fn read<'x>(text: &'x Text<'_>, namespaces: bool) -> Result<Document<'x>, NotXml> {
    if text.as_str().starts_with('\u{feff}') {
        return Err(NotXml::ByteOrderMark);
    }
    let parser = Parser::with_namespace_aware(namespaces).with_forbid_dtd(true).with_max_depth(GREATEST_DEPTH);
    parser.parse(text.as_str()).map_err(|fault| NotXml::Malformed(fault.to_string()))
}

/// Whether a namespace has an absolute name (or none, which undoes the default), and `xml` its own.
fn is_sound(prefix: &str, name: &str) -> bool {
    let mut scheme = name.split(':').next().unwrap_or_default().bytes();
    let absolute = name.contains(':')
        && scheme.next().is_some_and(|first| first.is_ascii_alphabetic())
        && scheme.all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    let xml_is_xml = (prefix == "xml") == (name == namespace::XML);
    prefix != "xmlns" && xml_is_xml && (absolute || (prefix.is_empty() && name.is_empty()))
}

/// An element of a tree. Two are equal if they are the same place in it.
#[derive(Clone, Copy)]
pub(super) struct Element<'t> {
    document: &'t Document<'t>,
    node: NodeId,
    element: &'t uppsala::Element<'t>,
}

/// An element stands more than once where it may stand once.
pub(super) struct Repeated;

impl PartialEq for Element<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.element, other.element)
    }
}

impl<'t> Element<'t> {
    fn at(document: &'t Document<'t>, node: NodeId) -> Option<Self> {
        document.element(node).map(|element| Self { document, node, element })
    }

    /// The tree and the place in it, for the canonicaliser.
    pub(super) fn place(self) -> (&'t Document<'t>, NodeId) {
        (self.document, self.node)
    }

    /// Where the element stands in the text.
    pub(super) fn range(self) -> Option<Range<usize>> {
        self.document.node_range(self.node)
    }

    pub(super) fn is(self, namespace: &str, name: &str) -> bool {
        self.element.matches_name_ns(namespace, name)
    }

    pub(super) fn is_in(self, namespace: &str) -> bool {
        self.element.name.namespace_uri.as_deref() == Some(namespace)
    }

    pub(super) fn name(self) -> &'t str {
        &self.element.name.local_name
    }

    /// The attribute of this name that has no prefix.
    pub(super) fn attribute(self, name: &str) -> Option<&'t str> {
        let mut plain = self.element.attributes.iter().filter(|attribute| attribute.name.namespace_uri.is_none());
        plain.find(|attribute| attribute.name.local_name == name).map(|attribute| &*attribute.value)
    }

    pub(super) fn attribute_in(self, namespace: &str, name: &str) -> Option<&'t str> {
        self.element.get_attribute_ns(namespace, name)
    }

    /// Namespace, local name and value of each attribute.
    pub(super) fn attributes(self) -> impl Iterator<Item = (Option<&'t str>, &'t str, &'t str)> {
        let parts = |attribute: &'t uppsala::Attribute<'t>| {
            (attribute.name.namespace_uri.as_deref(), &*attribute.name.local_name, &*attribute.value)
        };
        self.element.attributes.iter().map(parts)
    }

    pub(super) fn children(self) -> impl Iterator<Item = Self> {
        let document = self.document;
        document.children_iter(self.node).filter_map(move |node| Self::at(document, node))
    }

    /// The children of this name.
    pub(super) fn all(self, namespace: &'static str, name: &'static str) -> impl Iterator<Item = Self> {
        self.children().filter(move |child| child.is(namespace, name))
    }

    /// The child of this name, if there is exactly one.
    pub(super) fn only(self, namespace: &'static str, name: &'static str) -> Option<Self> {
        let mut found = self.all(namespace, name);
        let first = found.next()?;
        found.next().is_none().then_some(first)
    }

    /// The child of this name, if there is one.
    pub(super) fn at_most_one(self, namespace: &'static str, name: &'static str) -> Result<Option<Self>, Repeated> {
        let mut found = self.all(namespace, name);
        let first = found.next();
        if found.next().is_some() { Err(Repeated) } else { Ok(first) }
    }

    pub(super) fn parent(self) -> Option<Self> {
        Self::at(self.document, self.document.parent(self.node)?)
    }

    /// All of its text; none if there are elements in it.
    ///
    /// ATTACK: a comment cuts nothing off: what stands before it and behind it is one text.
    pub(super) fn text(self) -> Option<String> {
        self.children().next().is_none().then(|| self.deep_text())
    }

    /// All text in it and below it.
    pub(super) fn deep_text(self) -> String {
        self.document.text_content_deep(self.node)
    }

    /// Whether there is nothing but text in it, no comment either.
    pub(super) fn is_pure_text(self) -> bool {
        let kinds = self.document.children_iter(self.node).map(|node| self.document.node_kind(node));
        kinds.into_iter().all(|kind| matches!(kind, Some(NodeKind::Text(_))))
    }

    /// Whether there is a comment anywhere below.
    pub(super) fn has_comments(self) -> bool {
        let below = self.document.descendants(self.node);
        below.into_iter().any(|node| matches!(self.document.node_kind(node), Some(NodeKind::Comment(_))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> Option<NotXml> {
        Tree::parse(&Text::of(text).unwrap()).err()
    }

    #[test]
    fn a_document_is_utf_8_without_a_mark_and_says_nothing_else() {
        assert_eq!(refusal("<a/>"), None);
        assert_eq!(refusal("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<a/>"), None);
        assert_eq!(refusal("\u{feff}<a/>"), Some(NotXml::ByteOrderMark));
        let encoding = refusal("<?xml version=\"1.0\" encoding=\"UTF-16\"?><a/>");
        assert_eq!(encoding, Some(NotXml::Encoding("UTF-16".to_owned())));
    }

    #[test]
    fn what_could_expand_or_instruct_is_refused() {
        let bomb = "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>";
        assert!(matches!(refusal(bomb), Some(NotXml::Malformed(_))));
        assert!(matches!(refusal("<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>"), Some(NotXml::Malformed(_))));
        assert_eq!(refusal("<a><?php x?></a>"), Some(NotXml::Instruction));
        assert_eq!(refusal("<?xml-stylesheet href=\"x\"?><a/>"), Some(NotXml::Instruction));
    }

    #[test]
    fn there_is_one_root_and_nothing_behind_it() {
        for text in
            ["", "text", "<a/><b/>", "<a/>junk", "<a>", "<a></b>", "<a b='1' b='2'/>", "<a>&nope;</a>", "<a>\0</a>"]
        {
            assert!(matches!(refusal(text), Some(NotXml::Malformed(_))), "{text:?}");
        }
        let deep = format!("{}{}", "<a>".repeat(65), "</a>".repeat(65));
        assert!(matches!(refusal(&deep), Some(NotXml::Malformed(_))));
    }

    #[test]
    fn namespaces_have_absolute_names() {
        for name in ["1", "x", "../x", "//host", "1a:b"] {
            let text = format!("<a xmlns:n=\"{name}\"/>");
            assert_eq!(refusal(&text), Some(NotXml::Namespace(name.to_owned())), "{name}");
        }
        assert_eq!(refusal("<a xmlns=\"urn:a\"><b xmlns=\"\"/></a>"), None);
        assert!(refusal("<a xmlns:xml=\"urn:mine\"/>").is_some());
    }

    #[test]
    fn a_comment_cuts_no_text() {
        let text = Text::of("<a>admin<!-- -->@<![CDATA[evil]]></a>").unwrap();
        let tree = Tree::parse(&text).ok().unwrap();
        let root = tree.root().unwrap();
        assert_eq!(root.text().as_deref(), Some("admin@evil"));
        assert!(!root.is_pure_text());
    }

    #[test]
    fn one_element_is_one_element() {
        let is_one = |text: &str| is_one_element(&Text::of(text).unwrap());
        for text in ["<a/>", " \n<a><b/>c</a>\t", "<!-- --><a/><!-- -->", "<p:a q:b=\"c\"/>"] {
            assert!(is_one(text), "{text}");
        }
        for text in ["", "a", "<a/><b/>", "<a/>b", "b<a/>", "</a><a>", "<a/><!--", "<a/>&amp;", "<![CDATA[ ]]><a/>"] {
            assert!(!is_one(text), "{text}");
        }
        for text in ["\u{feff}<a/>", "\u{a0}<a/>", "<!DOCTYPE a><a/>"] {
            assert!(!is_one(text), "{text}");
        }
    }
}
