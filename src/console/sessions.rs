//! Temporary credentials that were minted, with the time that they have left, and an end to them.

use super::frame::Section;
use super::parts::{Column, Href, MOST_SHOWN, stretch};
use super::{Asked, Look};
use crate::api::Standing;
use crate::html::{Html, Page};
use crate::ids::AccountId;
use crate::sessions::ledger::{Cursor, Entry, Filter, Unlisted};

const PATH: &str = "/console/sessions";

/// What is looked for, as it was written.
struct Sought {
    account: String,
    principal: String,
    key: String,
    all: String,
}

impl Sought {
    fn of(asked: Asked<'_>) -> Self {
        Self {
            account: asked.text("account"),
            principal: asked.text("principal"),
            key: asked.text("key"),
            all: asked.text("all"),
        }
    }

    fn pairs(&self) -> [(&'static str, &str); 4] {
        [("account", &self.account), ("principal", &self.principal), ("key", &self.key), ("all", &self.all)]
    }

    fn href(&self) -> Href {
        self.pairs().into_iter().fold(Href::to(PATH), |href, (name, value)| href.with(name, value))
    }
}

pub(super) fn page(look: &Look<'_>, asked: Asked<'_>) -> Page {
    let sought = Sought::of(asked);
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let account = AccountId::parse(&sought.account);
    let filter = Filter {
        issuer_arn: some(&sought.principal),
        account,
        access_key_id: some(&sought.key),
        unexpired_at: sought.all.is_empty().then_some(look.now),
        ..Filter::default()
    };
    let after = asked.some("after").and_then(|text| Cursor::parse(&text));
    let form = form(Html::default().done(&asked.text("done")), &sought);
    if account.is_none() && !sought.account.is_empty() {
        return look.page(400, Section::Sessions, "Sessions", form.refusal("An account is twelve digits."));
    }
    match look.visit.world.ledger.list(&filter, after, MOST_SHOWN) {
        Ok(page) => {
            let content = form.some(page.trouble, |html, trouble| html.refusal(&trouble));
            let next = page.next.map(|cursor| sought.href().with("after", &cursor.to_string()));
            let content = table(content, look, &sought, &page.entries).next(next.as_ref());
            look.page(200, Section::Sessions, "Sessions", content)
        }
        Err(unlisted) => {
            let why = match unlisted {
                Unlisted::Opening => "The ledger is still being opened: look again in a moment.".to_owned(),
                Unlisted::Fault(fault) => fault.to_string(),
            };
            look.page(503, Section::Sessions, "Sessions", form.refusal(&why))
        }
    }
}

fn form(html: Html, sought: &Sought) -> Html {
    let checked = if sought.all.is_empty() { ">" } else { " checked>" };
    html.put("<form class=\"filters\" role=\"search\" action=\"/console/sessions\">\n")
        .field("Role, user or root user", "principal", &sought.principal, "arn:aws:iam::000000000000:role/demo")
        .field("Access key", "key", &sought.key, "ASIA...")
        .field("Account", "account", &sought.account, "000000000000")
        .put("<label class=\"tick\"><input type=\"checkbox\" name=\"all\" value=\"yes\"")
        .put(checked)
        .put(" Those that are over as well</label>\n<button class=\"quiet\">Search</button>\n</form>\n")
}

fn table(html: Html, look: &Look<'_>, sought: &Sought, entries: &[Entry]) -> Html {
    let standing = |entry: &Entry| look.snapshot.standing(entry, look.now);
    let columns: [Column<'_, Entry>; 6] = [
        ("Who", &|html, entry| {
            let session = entry.session_name.as_ref();
            who(html, look, entry)
                .some(session, |html, session| html.put(" as ").text(session))
                .put("<br><span class=\"note\">in ")
                .text(&entry.account.to_string())
                .put("</span>")
        }),
        ("Access key", &|html, entry| html.key(entry.access_key_id.as_str())),
        ("Since", &|html, entry| html.instant(entry.issued)),
        ("Until", &|html, entry| html.instant(entry.expires)),
        ("State", &|html, entry| match standing(entry) {
            Standing::Live => {
                let left = stretch(entry.expires.millis_since(look.now));
                html.tag("good", "live").put(" ").text(&left).put(" left")
            }
            Standing::Expired => html.tag("", "over"),
            Standing::Reset => html.tag("bad", "ended by a reset"),
            Standing::Revoked => html.tag("bad", "ended"),
            Standing::PrincipalGone => html.tag("bad", "principal is gone"),
        }),
        ("End", &|html, entry| {
            if standing(entry) != Standing::Live {
                return html;
            }
            let id = entry.id.to_string();
            html.form("/console/sessions/end", look)
                .hidden("id", &id)
                .each(sought.pairs(), |html, (name, value)| html.hidden(name, value))
                .put("<button class=\"danger\"")
                .attribute("aria-label", &format!("End the session of {}", entry.access_key_id.as_str()))
                .put(">End</button></form>")
        }),
    ];
    html.table("Sessions, newest first", &columns, entries)
}

/// Who is behind a session, with the way to them while they are there.
fn who(html: Html, look: &Look<'_>, entry: &Entry) -> Html {
    let identities = &look.snapshot.identities;
    let to = |path, name| Href::named(path, entry.account, name);
    let role = identities.role_by_arn(&entry.issuer_arn).map(|role| to("/console/role", role.record.name.as_str()));
    let user = || identities.user_by_arn(&entry.issuer_arn).map(|user| to("/console/user", user.record.name.as_str()));
    let short = entry.issuer_arn.rsplit(':').next().unwrap_or_default();
    match role.or_else(user) {
        Some(to) => html.link(&to, short),
        None => html.text(short),
    }
}
