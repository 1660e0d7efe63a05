//! What time it is, another time, and everything as the seed made it.

use super::frame::Section;
use super::{Asked, Look};
use crate::env::Steering;
use crate::html::{Html, Page};

const BACKWARDS: &str = "Though time would run backwards, and what has expired live again";

pub(super) fn page(look: &Look<'_>, asked: Asked<'_>) -> Page {
    let steering = look.visit.world.clock.steering();
    let how = match steering {
        Steering::System => "as the machine's clock goes",
        Steering::Offset(_) => "as the machine's clock goes, from another time",
        Steering::Frozen(_) => "it is frozen",
    };
    let steps = [("900", "15 minutes"), ("3600", "1 hour"), ("43200", "12 hours"), ("86400", "1 day")];
    let step = |html: Html, (seconds, name): (&'static str, &'static str)| {
        html.put("<button name=\"seconds\" value=\"").put(seconds).put("\">").put(name).put("</button>\n")
    };
    let content = Html::default()
        .done(&asked.text("done"))
        .facts(|html| {
            html.fact("Service", |html| html.instant(look.now))
                .fact("Machine", |html| html.instant(look.visit.world.now().machine))
                .fact("How it goes", |html| html.put(how))
        })
        .section("Advance")
        .put("<p>Sessions, tokens and codes age by this clock. Requests may be signed by either.</p>\n")
        .form("/console/clock/advance", look)
        .put("<p class=\"buttons\">")
        .each(steps, step)
        .put("</p>\n</form>\n")
        .form("/console/clock/advance", look)
        .field("Seconds", "seconds", "", "5400")
        .tick("backwards", BACKWARDS)
        .put("<p><button class=\"quiet\">Advance by so many seconds</button></p>\n</form>\n</section>\n")
        .section("Freeze")
        .form("/console/clock/freeze", look)
        .field("At (now, if empty)", "at", "", "2026-01-15T12:00:00Z")
        .tick("backwards", BACKWARDS)
        .put("<p><button>Freeze</button></p>\n</form>\n</section>\n")
        .when(steering != Steering::System, |html| {
            html.section("Follow the machine")
                .form("/console/clock/system", look)
                .tick("backwards", BACKWARDS)
                .put("<p><button>Follow the machine's clock</button></p>\n</form>\n</section>\n")
        })
        .section("Reset")
        .put("<p>Everything becomes as the seed made it: accounts, users, roles and policies that were made since are gone, ")
        .put("every session ends, the clock follows the machine, and the journal and faults on purpose are gone.</p>\n")
        .form("/console/reset", look)
        .tick("sure", "Yes, forget everything since the seed")
        .put("<p><button class=\"danger\">Reset</button></p>\n</form>\n</section>\n");
    look.page(200, Section::Clock, "Clock and reset", content)
}

impl Html {
    fn tick(self, name: &'static str, label: &'static str) -> Self {
        self.put("<label class=\"tick\"><input type=\"checkbox\" name=\"")
            .put(name)
            .put("\" value=\"yes\"> ")
            .put(label)
            .put("</label>\n")
    }
}
