//! Documents as trees that can be taken apart: what is not changed is written as it was, letter by letter.

use std::fmt;

use proptest::prelude::*;
use proptest::sample::Index;
use quick_xml::Reader;
use quick_xml::events::Event;

/// A piece of a document.
#[derive(Clone, Debug)]
pub enum Node {
    /// An element: its name, its attributes as they are written, and what is in it.
    Element { name: String, attributes: Vec<(String, String)>, children: Vec<Node>, closed: bool },
    /// Anything else, as it is written.
    Raw(String),
}

impl Node {
    /// The root of a document; what stands around it is left out.
    pub fn parse(xml: &str) -> Self {
        let mut reader = Reader::from_str(xml);
        let mut open =
            vec![Self::Element { name: String::new(), attributes: Vec::new(), children: Vec::new(), closed: false }];
        loop {
            let before = usize::try_from(reader.buffer_position()).unwrap();
            let event = reader.read_event().unwrap();
            let raw = &xml[before..usize::try_from(reader.buffer_position()).unwrap()];
            match event {
                Event::Eof => break,
                Event::Start(_) => open.push(Self::element(raw, false)),
                Event::Empty(_) => open.last_mut().unwrap().children().push(Self::element(raw, true)),
                Event::End(_) => {
                    let element = open.pop().unwrap();
                    open.last_mut().unwrap().children().push(element);
                }
                _ => open.last_mut().unwrap().children().push(Self::Raw(raw.to_owned())),
            }
        }
        let mut around = open.pop().unwrap();
        around.children().drain(..).find(|node| matches!(node, Self::Element { .. })).unwrap()
    }

    /// The element that a tag begins.
    fn element(tag: &str, closed: bool) -> Self {
        let inside = tag.trim_start_matches('<').trim_end_matches('>').trim_end_matches('/');
        let (name, mut rest) = inside.split_at(inside.find(char::is_whitespace).unwrap_or(inside.len()));
        let mut attributes = Vec::new();
        while let Some((key, behind)) = rest.split_once("=\"") {
            let (value, behind) = behind.split_once('"').unwrap();
            attributes.push((key.trim().to_owned(), value.to_owned()));
            rest = behind;
        }
        Self::Element { name: name.to_owned(), attributes, children: Vec::new(), closed }
    }

    fn children(&mut self) -> &mut Vec<Self> {
        match self {
            Self::Element { children, .. } => children,
            Self::Raw(text) => panic!("{text} is no element"),
        }
    }

    /// How many elements there are, this one included.
    fn elements(&self) -> usize {
        match self {
            Self::Element { children, .. } => 1 + children.iter().map(Self::elements).sum::<usize>(),
            Self::Raw(_) => 0,
        }
    }

    /// The element of this number, in the order of the text.
    fn at(&mut self, number: usize) -> Option<&mut Self> {
        if number == 0 {
            return matches!(self, Self::Element { .. }).then_some(self);
        }
        let Self::Element { children, .. } = self else { return None };
        let mut left = number - 1;
        for child in children {
            let count = child.elements();
            if left < count {
                return child.at(left);
            }
            left -= count;
        }
        None
    }

    /// Puts something else in the place of the element of this number, which is not the root.
    fn replace(&mut self, number: usize, by: &[Self]) -> Option<Self> {
        let Self::Element { children, .. } = self else { return None };
        let mut left = number.checked_sub(1)?;
        for at in 0..children.len() {
            let count = children[at].elements();
            if left == 0 && count > 0 {
                let old = children.splice(at..=at, by.iter().cloned()).collect::<Vec<_>>().pop();
                return old;
            }
            if left < count {
                return children[at].replace(left, by);
            }
            left -= count;
        }
        None
    }
}

impl fmt::Display for Node {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Element { name, attributes, children, closed } = self else {
            let Self::Raw(text) = self else { unreachable!() };
            return out.write_str(text);
        };
        write!(out, "<{name}")?;
        for (key, value) in attributes {
            write!(out, " {key}=\"{value}\"")?;
        }
        if *closed && children.is_empty() {
            return out.write_str("/>");
        }
        out.write_str(">")?;
        for child in children {
            child.fmt(out)?;
        }
        write!(out, "</{name}>")
    }
}

/// One thing that is done to a document.
#[derive(Clone, Debug)]
pub enum Change {
    /// An element leaves its place for another.
    Move(Index, Index, Index),
    /// An element stands somewhere else as well.
    Copy(Index, Index, Index),
    /// An element of another document is put somewhere.
    Graft(Index, Index, Index, Index),
    /// An element of another document takes the place of one of the same name.
    Swap(Index, Index),
    Wrap(Index, &'static str),
    Unwrap(Index),
    Remove(Index),
    Rename(Index, &'static str),
    /// Something that is no element is put somewhere.
    Insert(Index, Index, &'static str),
    Attribute(Index, &'static str, &'static str),
    RepeatAttribute(Index, Index),
    RenameAttribute(Index, Index, &'static str),
    RemoveAttribute(Index, Index),
    SetAttribute(Index, Index, &'static str),
    /// A letter of a text, written as a reference to it.
    Spell(Index),
    /// A text, as a section of character data.
    Section(Index),
    /// The spaces in a value, written as something else.
    Blanks(Index, Index, &'static str),
    /// The line ends in the texts of an element, written as something else.
    LineEnds(Index, &'static str),
    /// Something before the root.
    Before(&'static str),
    /// Something behind the root.
    Behind(&'static str),
}

const NAMES: &[&str] = &[
    "saml:Assertion",
    "Assertion",
    "samlp:Response",
    "samlp:Extensions",
    "samlp:Status",
    "ds:Object",
    "ds:Signature",
    "ds:SignedInfo",
    "ds:Reference",
    "saml:Advice",
    "saml:NameID",
    "saml:Attribute",
    "saml:AttributeValue",
    "saml:Subject",
    "saml:EncryptedAssertion",
    "saml:EncryptedID",
    "x:Assertion",
    "md:EntityDescriptor",
    "md:EntitiesDescriptor",
    "p",
];
const ATTRIBUTES: &[&str] = &[
    "ID",
    "Id",
    "id",
    "xml:id",
    "samlp:ID",
    "AssertionID",
    "URI",
    "Algorithm",
    "xmlns",
    "xmlns:saml",
    "xmlns:samlp",
    "xmlns:ds",
    "xmlns:xml",
    "xmlns:x",
    "Format",
    "NotOnOrAfter",
    "Recipient",
    "Name",
    "xsi:nil",
    "xsi:type",
    "xml:lang",
    "xml:base",
    "PrefixList",
    "Version",
    "use",
    "entityID",
];
const VALUES: &[&str] = &[
    "",
    "#",
    "1",
    "true",
    "x",
    "../x",
    "urn:x",
    "mallory",
    "2099-01-01T00:00:00Z",
    "#xpointer(/)",
    "&#10;",
    "&lt;",
    "urn:oasis:names:tc:SAML:2.0:assertion",
    "urn:oasis:names:tc:SAML:2.0:protocol",
    "http://www.w3.org/2000/09/xmldsig#",
    "http://www.w3.org/XML/1998/namespace",
    "http://www.w3.org/2001/10/xml-exc-c14n#",
    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments",
    "http://www.w3.org/2000/09/xmldsig#hmac-sha1",
    "http://www.w3.org/2001/XMLSchema-instance",
    "saml samlp #default",
];
const PIECES: &[&str] = &[
    "<!-- -->",
    "<!---->",
    "<?php x?>",
    "<![CDATA[x]]>",
    "<![CDATA[]]>",
    "&amp;",
    "&#0;",
    "&#x41;",
    "&nope;",
    "\r\n",
    "\t",
    " ",
    "mallory",
    "<a/>",
    "<saml:NameID>mallory</saml:NameID>",
    "]]>",
    "\u{feff}",
    "\u{85}",
    "\u{2028}",
    "&#13;",
];
const AROUND: &[&str] = &[
    "\u{feff}",
    "<?xml version=\"1.0\"?>",
    "<?xml version=\"1.0\" encoding=\"UTF-16\"?>",
    "<?xml version=\"1.1\"?>",
    "<!DOCTYPE r [<!ENTITY e \"mallory\">]>",
    "<!DOCTYPE r [<!ATTLIST a ID ID #IMPLIED>]>",
    "<!-- -->",
    "<?x y?>",
    "<a/>",
    "junk",
    "\n",
    " ",
];

const BLANKS: &[&str] = &["\n", "\t", "\r", "\r\n", " ", "\n\n", "&#10;", "&#13;", "&#32;", "\u{85}"];

/// Some things to do.
pub fn changes(count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Change>> {
    let at = || any::<Index>();
    let of = |list: &'static [&'static str]| prop::sample::select(list);
    let one = prop_oneof![
        3 => (at(), at(), at()).prop_map(|(a, b, c)| Change::Move(a, b, c)),
        3 => (at(), at(), at()).prop_map(|(a, b, c)| Change::Copy(a, b, c)),
        3 => (at(), at(), at(), at()).prop_map(|(a, b, c, d)| Change::Graft(a, b, c, d)),
        4 => (at(), at()).prop_map(|(a, b)| Change::Swap(a, b)),
        1 => (at(), of(NAMES)).prop_map(|(a, name)| Change::Wrap(a, name)),
        1 => at().prop_map(Change::Unwrap),
        1 => at().prop_map(Change::Remove),
        1 => (at(), of(NAMES)).prop_map(|(a, name)| Change::Rename(a, name)),
        5 => (at(), at(), of(PIECES)).prop_map(|(a, b, piece)| Change::Insert(a, b, piece)),
        2 => (at(), of(ATTRIBUTES), of(VALUES)).prop_map(|(a, key, value)| Change::Attribute(a, key, value)),
        1 => (at(), at()).prop_map(|(a, b)| Change::RepeatAttribute(a, b)),
        1 => (at(), at(), of(ATTRIBUTES)).prop_map(|(a, b, key)| Change::RenameAttribute(a, b, key)),
        1 => (at(), at()).prop_map(|(a, b)| Change::RemoveAttribute(a, b)),
        2 => (at(), at(), of(VALUES)).prop_map(|(a, b, value)| Change::SetAttribute(a, b, value)),
        3 => at().prop_map(Change::Spell),
        3 => at().prop_map(Change::Section),
        4 => (at(), at(), of(BLANKS)).prop_map(|(a, b, blank)| Change::Blanks(a, b, blank)),
        4 => (at(), of(BLANKS)).prop_map(|(a, blank)| Change::LineEnds(a, blank)),
        1 => of(AROUND).prop_map(Change::Before),
        1 => of(AROUND).prop_map(Change::Behind),
    ];
    prop::collection::vec(one, count)
}

/// The document with all that done to it, one after the other. What cannot be done is left undone.
pub fn change(document: &Node, donors: &[Node], changes: &[Change]) -> String {
    let mut tree = document.clone();
    let (mut before, mut behind) = (String::new(), String::new());
    for change in changes {
        match change {
            Change::Before(piece) => before.insert_str(0, piece),
            Change::Behind(piece) => behind.push_str(piece),
            // What grows is bounded: copies of copies would fill the memory of the test.
            _ if tree.elements() < 1000 => drop(within(&mut tree, donors, change)),
            _ => {}
        }
    }
    format!("{before}{tree}{behind}")
}

fn within(tree: &mut Node, donors: &[Node], change: &Change) -> Option<()> {
    let all = tree.elements();
    let mut element = |at: &Index| tree.at(at.index(all)).cloned();
    match change {
        Change::Move(from, to, place) => {
            let moved = tree.replace(from.index(all), &[])?;
            let left = tree.elements();
            put(tree.at(to.index(left))?, *place, moved);
        }
        Change::Copy(from, to, place) => {
            let copy = element(from)?;
            put(tree.at(to.index(all))?, *place, copy);
        }
        Change::Graft(donor, from, to, place) => {
            let mut donor = donors.get(donor.index(donors.len()))?.clone();
            let count = donor.elements();
            let graft = donor.at(from.index(count))?.clone();
            put(tree.at(to.index(all))?, *place, graft);
        }
        Change::Swap(donor, at) => {
            let mut donor = donors.get(donor.index(donors.len()))?.clone();
            let Node::Element { name: wanted, .. } = element(at)? else { return None };
            let count = donor.elements();
            let found = (0..count).find_map(|number| {
                let node = donor.at(number)?;
                matches!(node, Node::Element { name, .. } if *name == wanted).then(|| node.clone())
            })?;
            match at.index(all) {
                0 => *tree = found,
                number => drop(tree.replace(number, &[found])),
            }
        }
        Change::Wrap(at, name) => {
            let inner = element(at)?;
            let around = Node::Element {
                name: (*name).to_owned(),
                attributes: Vec::new(),
                children: vec![inner],
                closed: false,
            };
            match at.index(all) {
                0 => *tree = around,
                number => drop(tree.replace(number, &[around])),
            }
        }
        Change::Unwrap(at) => {
            let Node::Element { children, .. } = element(at)? else { return None };
            tree.replace(at.index(all), &children)?;
        }
        Change::Remove(at) => drop(tree.replace(at.index(all), &[])?),
        Change::Insert(at, place, piece) => put(tree.at(at.index(all))?, *place, Node::Raw((*piece).to_owned())),
        Change::Rename(at, to) => {
            let Node::Element { name, .. } = tree.at(at.index(all))? else { return None };
            (*to).clone_into(name);
        }
        Change::LineEnds(at, blank) => {
            for child in tree.at(at.index(all))?.children() {
                if let Node::Raw(text) = child {
                    *text = text.replace('\n', blank);
                }
            }
        }
        Change::Spell(at) | Change::Section(at) => {
            respell(tree.at(at.index(all))?, matches!(change, Change::Section(_)))?;
        }
        _ => attribute(tree, all, change)?,
    }
    Some(())
}

fn put(parent: &mut Node, place: Index, node: Node) {
    let children = parent.children();
    children.insert(place.index(children.len() + 1), node);
}

/// The first text in an element, in another spelling of the same.
fn respell(element: &mut Node, section: bool) -> Option<()> {
    let texts = element.children().iter_mut().find_map(|child| match child {
        Node::Raw(text) if !text.is_empty() && !text.contains(['<', '&']) => Some(text),
        _ => None,
    });
    let text = texts?;
    *text = if section {
        format!("<![CDATA[{text}]]>")
    } else {
        let first = text.chars().next()?;
        format!("&#{};{}", u32::from(first), &text[first.len_utf8()..])
    };
    Some(())
}

fn attribute(tree: &mut Node, all: usize, change: &Change) -> Option<()> {
    let (Change::Attribute(at, ..)
    | Change::RepeatAttribute(at, _)
    | Change::RenameAttribute(at, ..)
    | Change::RemoveAttribute(at, _)
    | Change::SetAttribute(at, ..)
    | Change::Blanks(at, ..)) = change
    else {
        return None;
    };
    let Node::Element { attributes, .. } = tree.at(at.index(all))? else { return None };
    let count = attributes.len();
    let which = |which: &Index| (count > 0).then(|| which.index(count));
    match change {
        Change::Attribute(_, key, value) => attributes.push(((*key).to_owned(), (*value).to_owned())),
        Change::RepeatAttribute(_, number) => {
            let one = attributes[which(number)?].clone();
            attributes.push(one);
        }
        Change::RenameAttribute(_, number, key) => (*key).clone_into(&mut attributes[which(number)?].0),
        Change::RemoveAttribute(_, number) => drop(attributes.remove(which(number)?)),
        Change::SetAttribute(_, number, value) => (*value).clone_into(&mut attributes[which(number)?].1),
        Change::Blanks(_, number, blank) => {
            let value = &mut attributes[which(number)?].1;
            *value = value.replace(' ', blank);
        }
        _ => {}
    }
    Some(())
}
