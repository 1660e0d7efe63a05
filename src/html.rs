//! Pages for browsers: whatever comes from elsewhere is escaped, and the browser is told what the page may do.
//!
//! <https://html.spec.whatwg.org/multipage/syntax.html>

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::wire::RawResponse;

/// Markup in the making.
///
/// ATTACK: only what the house has written itself goes in as it is, and that is known when it is compiled; all else is
/// text, and can be nothing but text.
#[derive(Debug, Default)]
pub struct Html(String);

impl Html {
    /// Begins with this markup.
    pub fn of(markup: &'static str) -> Self {
        Self(markup.to_owned())
    }

    /// Adds markup of the house's own.
    pub fn put(mut self, markup: &'static str) -> Self {
        self.0.push_str(markup);
        self
    }

    /// Adds a text of anybody's.
    pub fn text(mut self, text: &str) -> Self {
        self.escape(text);
        self
    }

    /// Adds an attribute, within a tag, with a value of anybody's.
    pub fn attribute(mut self, name: &'static str, value: &str) -> Self {
        self.0.push(' ');
        self.0.push_str(name);
        self.0.push_str("=\"");
        self.escape(value);
        self.0.push('"');
        self
    }

    /// Adds a field of a form that nobody sees.
    pub fn hidden(self, name: &'static str, value: &str) -> Self {
        self.put("<input type=\"hidden\"").attribute("name", name).attribute("value", value).put(">\n")
    }

    /// Adds what was made elsewhere.
    pub fn join(mut self, other: &Self) -> Self {
        self.0.push_str(&other.0);
        self
    }

    /// Adds why something was not done.
    pub fn refusal(self, why: &str) -> Self {
        self.put("<p class=\"refusal\" role=\"alert\">").text(why).put("</p>\n")
    }

    /// Adds a remark; none if there is nothing to remark.
    pub fn note(self, before: &'static str, what: &str) -> Self {
        if what.is_empty() {
            return self;
        }
        self.put("<p class=\"note\">").put(before).text(what).put("</p>\n")
    }

    /// Adds something for each of these.
    pub fn each<T>(self, items: impl IntoIterator<Item = T>, add: impl Fn(Self, T) -> Self) -> Self {
        items.into_iter().fold(self, add)
    }

    /// Adds something if there is anything to say.
    pub fn some<T>(self, item: Option<T>, add: impl FnOnce(Self, T) -> Self) -> Self {
        match item {
            Some(item) => add(self, item),
            None => self,
        }
    }

    /// Adds something if that is so.
    pub fn when(self, is_so: bool, add: impl FnOnce(Self) -> Self) -> Self {
        if is_so { add(self) } else { self }
    }

    fn escape(&mut self, text: &str) {
        for letter in text.chars() {
            match letter {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                letter => self.0.push(letter),
            }
        }
    }
}

/// A whole page.
#[derive(Debug)]
pub struct Page {
    /// The HTTP status.
    pub status: u16,
    /// What the browser calls it, and its heading.
    pub title: Cow<'static, str>,
    /// What stands below.
    pub content: Html,
    /// All that may run in it; nothing, for most.
    pub script: &'static str,
    /// What stands around it; nothing, for most.
    pub frame: Frame,
}

/// What stands around the content of a page that is one of many.
#[derive(Debug, Default)]
pub struct Frame {
    /// How that looks, beside the look of all pages.
    pub style: &'static str,
    /// Before the heading.
    pub before: Html,
    /// Behind the content.
    pub after: Html,
}

impl Page {
    /// A page on which nothing runs.
    pub fn of(status: u16, title: impl Into<Cow<'static, str>>, content: Html) -> Self {
        Self { status, title: title.into(), content, script: "", frame: Frame::default() }
    }

    /// The page as it is written.
    ///
    /// ATTACK: it loads nothing, sends its forms home only, stands in no frame, is kept nowhere, and tells no other site
    /// where somebody comes from.
    pub fn render(self) -> RawResponse {
        let Self { status, title, content, script, frame } = self;
        let more_style = Some(frame.style).filter(|style| !style.is_empty());
        let head = Html::of("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
            .put("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>")
            .text(&title)
            .put(" - local-sts</title>\n<style>")
            .put(STYLE)
            .put("</style>\n")
            .some(more_style, |head, style| head.put("<style>").put(style).put("</style>\n"))
            .put("</head>\n<body>\n")
            .join(&frame.before)
            .put("<main id=\"content\">\n<h1>")
            .text(&title)
            .put("</h1>\n");
        let script = Some(script).filter(|script| !script.is_empty());
        let may_run = script.map_or("'none'".to_owned(), hash);
        let page = head.join(&content).put("</main>\n").join(&frame.after);
        let page = page.some(script, |page, script| page.put("<script>").put(script).put("</script>\n"));
        let policy = format!(
            "default-src 'none'; style-src {}{}; script-src {may_run}; form-action 'self'; base-uri 'none'; \
             frame-ancestors 'none'",
            hash(STYLE),
            more_style.map(|style| format!(" {}", hash(style))).unwrap_or_default()
        );
        let headers = vec![
            ("Content-Type", "text/html; charset=utf-8".into()),
            ("Content-Security-Policy", policy.into()),
            ("Cache-Control", "no-store".into()),
            ("Referrer-Policy", "same-origin".into()),
            ("X-Content-Type-Options", "nosniff".into()),
            ("X-Frame-Options", "DENY".into()),
            ("Cross-Origin-Opener-Policy", "same-origin".into()),
            ("Cross-Origin-Resource-Policy", "same-origin".into()),
        ];
        RawResponse { status, headers, body: page.put("</body>\n</html>\n").0.into_bytes() }
    }
}

/// How a policy names what may stand in a page.
fn hash(text: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)))
}

const STYLE: &str = "
:root { color-scheme: light dark; --line: light-dark(#d5dae1, #3b4350); --soft: light-dark(#5a6472, #a3adbb);
  --card: light-dark(#ffffff, #1d222a); --back: light-dark(#f1f3f6, #14181e); --key: light-dark(#0b5cad, #6cb2f7); }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 46rem; margin: 6vh auto; padding: 1.5rem 2rem 2rem; background: var(--card);
  border: 1px solid var(--line); border-radius: 10px; }
h1 { margin: 0 0 1rem; font-size: 1.4rem; }
p, ul { margin: .6rem 0; }
fieldset { margin: 1rem 0; padding: .2rem 1rem .8rem; border: 1px solid var(--line); border-radius: 8px; }
legend { padding: 0 .4rem; font-weight: 600; }
label.field { display: block; margin: .8rem 0; font-weight: 600; }
label.field input { display: block; width: 100%; margin-top: .2rem; padding: .5rem .6rem; font: inherit;
  border: 1px solid var(--line); border-radius: 6px; }
.saml-account { margin: .8rem 0; }
.saml-account-name { font-weight: 600; }
.saml-role, .role { display: grid; grid-template-columns: auto 1fr; gap: 0 .6rem; padding: .35rem 0; }
.arn, .note { color: var(--soft); font-size: .85rem; overflow-wrap: anywhere; }
.arn { grid-column: 2; }
.refusal { padding: .6rem .9rem; border-left: 4px solid #c62828; background: var(--back); overflow-wrap: anywhere; }
button { padding: .55rem 1.4rem; font: inherit; font-weight: 600; color: light-dark(#ffffff, #10141a);
  background: var(--key); border: 0; border-radius: 6px; cursor: pointer; }
:focus-visible { outline: 3px solid var(--key); outline-offset: 2px; }
pre { padding: .8rem 1rem; background: var(--back); border: 1px solid var(--line); border-radius: 8px;
  white-space: pre-wrap; overflow-wrap: anywhere; user-select: all; font: 13px/1.5 ui-monospace, monospace; }
a { color: var(--key); }
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_comes_from_elsewhere_stays_text() {
        let html = Html::of("<p").attribute("title", "\"><script>'&").put(">").text("</p><script>alert('&')</script>");
        let expect = "<p title=\"&quot;&gt;&lt;script&gt;&#39;&amp;\">&lt;/p&gt;&lt;script&gt;alert(&#39;&amp;&#39;)\
                      &lt;/script&gt;";
        assert_eq!(html.0, expect);
    }

    #[test]
    fn a_page_runs_what_its_policy_names_and_nothing_else() {
        let policy = |script| {
            let page = Page { script, ..Page::of(200, "A page", Html::default()) };
            page.render().header("content-security-policy").unwrap_or_default().to_owned()
        };
        assert!(policy("").contains("script-src 'none'; form-action 'self'"), "{}", policy(""));
        // printf 'go()' | openssl dgst -sha256 -binary | base64
        let named = "script-src 'sha256-5KYv+PUboo5h+0+YAtGRPbwv5d/QxzHslP4YGnUaxRw='; form-action 'self'";
        assert!(policy("go()").contains(named), "{}", policy("go()"));
    }
}
