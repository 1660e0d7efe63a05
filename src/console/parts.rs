//! What pages are made of: links, facts, tables, documents, buttons.

use std::fmt::Write as _;

use super::Look;
use crate::html::Html;
use crate::ids::AccountId;
use crate::json::indented;
use crate::time::Timestamp;
use crate::wire::query;

/// The address of a page of the console.
///
/// ATTACK: it begins with what the house has written, so nothing of anybody's can lead elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Href(String);

impl Href {
    /// A page.
    pub fn to(path: &'static str) -> Self {
        Self(path.to_owned())
    }

    /// The page of somebody or something that has this name in an account.
    pub(super) fn named(path: &'static str, account: AccountId, name: &str) -> Self {
        Self::to(path).with("account", &account.to_string()).with("name", name)
    }

    /// The same with a value in its query; an empty one says nothing.
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        if !value.is_empty() {
            let begin = if self.0.contains('?') { '&' } else { '?' };
            self.0.push(begin);
            self.0.push_str(&query::form(&[(name, value)]));
        }
        self
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A column of a table: its heading, and what stands in it.
pub(super) type Column<'c, T> = (&'static str, &'c dyn Fn(Html, &T) -> Html);

/// More of anything on one page would be too much.
pub(super) const MOST_SHOWN: usize = 50;

impl Html {
    /// Adds a link.
    pub(super) fn link(self, to: &Href, text: &str) -> Self {
        self.put("<a").attribute("href", to.as_str()).put(">").text(text).put("</a>")
    }

    /// Begins a section under this heading.
    pub(super) fn section(self, heading: &'static str) -> Self {
        self.put("<section>\n<h2>").put(heading).put("</h2>\n")
    }

    /// Adds a table, or says that there is nothing to show.
    pub(super) fn table<T>(self, caption: &'static str, columns: &[Column<'_, T>], rows: &[T]) -> Self {
        if rows.is_empty() {
            return self.put("<p class=\"note\">None.</p>\n");
        }
        let head = |html: Self, (name, _): &Column<'_, T>| html.put("<th scope=\"col\">").put(name).put("</th>");
        let row = |html: Self, row: &T| {
            let cell = |html: Self, (name, show): &Column<'_, T>| {
                show(html.put("<td").attribute("data-label", name).put("><div>"), row).put("</div></td>")
            };
            html.put("<tr>").each(columns, cell).put("</tr>\n")
        };
        self.put("<table>\n<caption>")
            .put(caption)
            .put("</caption>\n<thead><tr>")
            .each(columns, head)
            .put("</tr></thead>\n<tbody>\n")
            .each(rows, row)
            .put("</tbody>\n</table>\n")
    }

    /// Adds a list of facts.
    pub(super) fn facts(self, facts: impl FnOnce(Self) -> Self) -> Self {
        facts(self.put("<dl>\n")).put("</dl>\n")
    }

    /// Adds one fact.
    pub(super) fn fact(self, name: &'static str, show: impl FnOnce(Self) -> Self) -> Self {
        show(self.put("<div><dt>").put(name).put("</dt><dd>")).put("</dd></div>\n")
    }

    /// Adds one fact that is a text.
    pub(super) fn fact_text(self, name: &'static str, text: &str) -> Self {
        self.fact(name, |html| html.text(text))
    }

    /// Adds something in the type of machines: ARNs, ids.
    pub(super) fn code(self, text: &str) -> Self {
        self.put("<code>").text(text).put("</code>")
    }

    /// Adds an id that is short enough for a line.
    pub(super) fn key(self, text: &str) -> Self {
        self.put("<code class=\"key\">").text(text).put("</code>")
    }

    /// Adds a small word of the house's own beside something.
    pub(super) fn tag(self, kind: &'static str, word: &'static str) -> Self {
        self.put("<span class=\"tag ").put(kind).put("\">").put(word).put("</span>")
    }

    /// Adds an instant.
    pub(super) fn instant(self, at: Timestamp) -> Self {
        let written = at.iso().to_string();
        let shown = written.replace('T', " ").trim_end_matches('Z').to_owned();
        self.put("<time").attribute("datetime", &written).put(">").text(&shown).put("</time>")
    }

    /// Adds a document in JSON.
    pub(super) fn document(self, text: &str) -> Self {
        self.put("<pre tabindex=\"0\">").text(&indented(text)).put("</pre>\n")
    }

    /// Begins a form that changes something.
    pub(super) fn form(self, action: &'static str, look: &Look<'_>) -> Self {
        self.put("<form method=\"post\" action=\"").put(action).put("\">\n").hidden("form", look.visit.form_token)
    }

    /// Adds a field of one line with its label.
    pub(super) fn field(self, label: &'static str, name: &'static str, value: &str, example: &'static str) -> Self {
        self.put("<label class=\"field\">")
            .put(label)
            .put("<input type=\"text\" autocomplete=\"off\" spellcheck=\"false\" name=\"")
            .put(name)
            .put("\"")
            .attribute("value", value)
            .attribute("placeholder", example)
            .put("></label>\n")
    }

    /// Adds a field of several lines with its label.
    pub(super) fn area(self, label: &'static str, name: &'static str, value: &str, example: &'static str) -> Self {
        self.put("<label class=\"field\">")
            .put(label)
            .put("<textarea rows=\"4\" spellcheck=\"false\" name=\"")
            .put(name)
            .put("\"")
            .attribute("placeholder", example)
            // A line break behind the tag is none of the text.
            .put(">\n")
            .text(value)
            .put("</textarea></label>\n")
    }

    /// Says what was done, if anything was.
    pub(super) fn done(self, word: &str) -> Self {
        let told = match word {
            "clock" => "The clock was set.",
            "reset" => "Everything is as the seed made it. All sessions have ended.",
            "ended" => "The session has ended.",
            "ended-all" => "All sessions have ended.",
            _ => return self,
        };
        self.put("<p class=\"done\" role=\"status\">").put(told).put("</p>\n")
    }
}

/// A stretch of time, in the two largest units.
pub(super) fn stretch(millis: i64) -> String {
    let seconds = millis.unsigned_abs() / 1000;
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    let mut out = String::new();
    let units = [(days, "d"), (hours, "h"), (minutes, "min"), (seconds % 60, "s")];
    for (count, unit) in units.into_iter().skip_while(|(count, unit)| *count == 0 && *unit != "s").take(2) {
        if count > 0 || out.is_empty() {
            let between = if out.is_empty() { "" } else { " " };
            // A text takes everything that is written to it.
            let _ = write!(out, "{between}{count} {unit}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_are_told_in_two_units() {
        for (seconds, expect) in [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (3599, "59 min 59 s"),
            (3600, "1 h"),
            (3661, "1 h 1 min"),
            (90_000, "1 d 1 h"),
            (86_400 * 400, "400 d"),
            (-120, "2 min"),
        ] {
            assert_eq!(stretch(seconds * 1000), expect, "{seconds}");
        }
    }

    #[test]
    fn an_address_stays_in_the_console_whatever_it_carries() {
        let href = Href::to("/console/user").with("account", "").with("name", "a&b=\"c\"//d").with("after", "é");
        assert_eq!(href.as_str(), "/console/user?name=a%26b%3D%22c%22%2F%2Fd&after=%C3%A9");
    }
}
