//! What stands around every page: where one can go, what time it is.

use super::parts::{Href, stretch};
use super::{HOME, Look};
use crate::env::Steering;
use crate::html::{Frame, Html, Page};

/// Which of the places a page belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Accounts,
    Sessions,
    Journal,
    Tester,
    Clock,
    None,
}

const PLACES: [(Section, &str, &str); 5] = [
    (Section::Accounts, HOME, "Accounts"),
    (Section::Sessions, "/console/sessions", "Sessions"),
    (Section::Journal, "/console/journal", "Journal"),
    (Section::Tester, "/console/tester", "Policy tester"),
    (Section::Clock, "/console/clock", "Clock and reset"),
];

impl Look<'_> {
    /// A page with its frame.
    pub(super) fn page(&self, status: u16, section: Section, title: impl Into<String>, content: Html) -> Page {
        self.page_below(status, section, &[], title, content)
    }

    /// The same, below others.
    pub(super) fn page_below(
        &self,
        status: u16,
        section: Section,
        above: &[(Href, String)],
        title: impl Into<String>,
        content: Html,
    ) -> Page {
        let frame = Frame { style: STYLE, before: self.before(section, above), after: self.after() };
        Page { frame, ..Page::of(status, title.into(), content) }
    }

    fn before(&self, section: Section, above: &[(Href, String)]) -> Html {
        let place = |html: Html, (this, path, name): (Section, &'static str, &'static str)| {
            let here = if this == section { "\" aria-current=\"page\">" } else { "\">" };
            html.put("<li><a href=\"").put(path).put(here).put(name).put("</a></li>\n")
        };
        let step = |html: Html, (to, name): &(Href, String)| html.put("<li>").link(to, name).put("</li>\n");
        let (kind, mode) = match self.visit.world.clock.steering() {
            Steering::System => ("", String::new()),
            Steering::Frozen(_) => ("steered", "frozen".to_owned()),
            Steering::Offset(millis) if millis < 0 => ("steered", format!("{} behind", stretch(millis))),
            Steering::Offset(millis) => ("steered", format!("{} ahead", stretch(millis))),
        };
        Html::of("<a class=\"skip\" href=\"#content\">Skip to the content</a>\n<header>\n<p class=\"brand\">")
            .link(&Href::to(HOME), "local-sts")
            .put("</p>\n<nav aria-label=\"Pages\"><ul>\n")
            .each(PLACES, place)
            .put("</ul></nav>\n<p class=\"now ")
            .put(kind)
            .put("\">")
            .instant(self.now)
            .some(Some(mode).filter(|mode| !mode.is_empty()), |html, mode| {
                html.put(" <span>").text(&mode).put("</span>")
            })
            .put("</p>\n</header>\n")
            .some(Some(above).filter(|above| !above.is_empty()), |html, above| {
                html.put("<nav class=\"above\" aria-label=\"Above this page\"><ol>\n")
                    .each(above, step)
                    .put("</ol></nav>\n")
            })
    }

    fn after(&self) -> Html {
        Html::of("<footer>\n<p>local-sts ")
            .put(env!("CARGO_PKG_VERSION"))
            .put(". All times are UTC, by the service's clock.</p>\n")
            .when(self.visit.logged_in, |html| {
                html.form("/console/logout", self).put("<button class=\"quiet\">Log out</button></form>\n")
            })
            .put("</footer>\n")
    }
}

/// How the pages look; what all pages of the house share is in `html`.
pub(super) const STYLE: &str = include_str!("style.css");
