//! Pages for whoever looks after the service: who there is, what was minted, what was asked, what would be allowed, what
//! time it is.
//!
//! They are made here from the state, and change nothing; the forms on them are answered by `server`, with the commands
//! that the admin calls have. No secret is on any page. Nothing runs in them: every page is links and forms.

mod account;
mod clock;
mod entity;
mod frame;
mod journal;
mod listing;
mod login;
mod overview;
mod parts;
mod policy;
mod principal;
mod sessions;
mod tester;
mod verdict;

pub use login::login;
pub use parts::Href;

use crate::api::World;
use crate::api::world::Snapshot;
use crate::html::{Html, Page};
use crate::journal::Journal;
use crate::time::Timestamp;
use crate::wire::Params;

/// Where the pages begin.
pub const HOME: &str = "/console";

/// Somebody who looks at a page.
pub struct Visit<'a> {
    /// What there is to see.
    pub world: &'a World,
    /// What was asked and answered.
    pub journal: &'a Journal,
    /// What every form must bring back, so that it is one of ours.
    pub form_token: &'a str,
    /// Whether they logged in, and so can leave.
    pub logged_in: bool,
}

/// What a page is made of.
struct Look<'a> {
    visit: &'a Visit<'a>,
    snapshot: &'a Snapshot,
    /// By the service's clock.
    now: Timestamp,
}

/// The page at this path; may read much, so not for an async worker.
pub fn page(visit: &Visit<'_>, path: &str, query: &str) -> Page {
    let snapshot = visit.world.snapshot();
    let look = Look { visit, snapshot: &snapshot, now: visit.world.now().now };
    // What cannot be read asks for nothing.
    let asked = Params::of_query(query).unwrap_or_default();
    let asked = Asked(&asked);
    match path.strip_prefix(HOME).unwrap_or_default() {
        "" | "/" => overview::page(&look, asked),
        "/account" => account::page(&look, asked),
        "/users" => listing::page(&look, listing::Kind::Users, asked),
        "/groups" => listing::page(&look, listing::Kind::Groups, asked),
        "/roles" => listing::page(&look, listing::Kind::Roles, asked),
        "/policies" => listing::page(&look, listing::Kind::Policies, asked),
        "/user" => principal::user(&look, asked),
        "/group" => principal::group(&look, asked),
        "/role" => principal::role(&look, asked),
        "/policy" => policy::page(&look, asked),
        "/sessions" => sessions::page(&look, asked),
        "/journal" => journal::page(&look, asked),
        "/call" => journal::call(&look, asked),
        "/tester" => tester::page(&look, asked),
        "/clock" => clock::page(&look, asked),
        _ => nothing(&look),
    }
}

/// The page that says that something was not done, and leads back.
pub fn failed(visit: &Visit<'_>, status: u16, why: &str, back: &Href) -> Page {
    let snapshot = visit.world.snapshot();
    let look = Look { visit, snapshot: &snapshot, now: visit.world.now().now };
    let content = Html::default().refusal(why).put("<p>").link(back, "Back").put("</p>\n");
    look.page(status, frame::Section::None, "That was not done", content)
}

fn nothing(look: &Look<'_>) -> Page {
    let content = Html::of("<p>Nothing is here, or not any more.</p>\n<p>")
        .link(&Href::to(HOME), "To the accounts")
        .put("</p>\n");
    look.page(404, frame::Section::None, "Nothing here", content)
}

/// What the query of a page asks for.
#[derive(Clone, Copy)]
struct Asked<'a>(&'a Params<'a>);

impl Asked<'_> {
    /// The value of this name; empty if it was not said.
    fn text(self, name: &str) -> String {
        self.0.get(name).unwrap_or_default().trim().to_owned()
    }

    /// The value of this name, if there is one.
    fn some(self, name: &str) -> Option<String> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }
}
