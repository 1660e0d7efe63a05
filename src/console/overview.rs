//! All accounts.

use std::sync::Arc;

use super::frame::Section;
use super::listing::Kind;
use super::parts::{Column, Href, MOST_SHOWN};
use super::{Asked, HOME, Look};
use crate::html::{Html, Page};
use crate::identities::Account;

pub(super) fn page(look: &Look<'_>, asked: Asked<'_>) -> Page {
    let search = asked.text("search").to_lowercase();
    let after = asked.text("after");
    let mut accounts: Vec<(String, &Arc<Account>)> = look
        .snapshot
        .identities
        .accounts()
        .map(|account| (account.id.to_string(), account))
        .filter(|(id, account)| *id > after && account.label().to_lowercase().contains(&search))
        .collect();
    accounts.sort_by(|(one, _), (other, _)| one.cmp(other));
    let next = accounts.get(MOST_SHOWN - 1).filter(|_| accounts.len() > MOST_SHOWN).map(|(id, _)| id.clone());
    accounts.truncate(MOST_SHOWN);
    let of = |path, id: &str| Href::to(path).with("account", id);
    let counted = |html: Html, kind: Kind, (id, account): &(String, &Arc<Account>)| {
        html.link(&of(kind.path(), id), &kind.count(look, account.id).to_string())
    };
    let columns: [Column<'_, (String, &Arc<Account>)>; 6] = [
        ("Account", &|html, (id, _)| html.link(&of("/console/account", id), id)),
        ("Alias", &|html, (_, account)| html.text(account.record.alias.as_deref().unwrap_or("–"))),
        (Kind::Users.title(), &|html, row| counted(html, Kind::Users, row)),
        (Kind::Groups.title(), &|html, row| counted(html, Kind::Groups, row)),
        (Kind::Roles.title(), &|html, row| counted(html, Kind::Roles, row)),
        (Kind::Policies.title(), &|html, row| counted(html, Kind::Policies, row)),
    ];
    let content = Html::default()
        .done(&asked.text("done"))
        .search(&search, "Number or alias", None, HOME)
        .table("All accounts", &columns, &accounts)
        .next(next.map(|after| Href::to(HOME).with("search", &search).with("after", &after)).as_ref());
    look.page(200, Section::Accounts, "Accounts", content)
}

impl Html {
    /// Adds a form that looks for something.
    pub(super) fn search(self, said: &str, what: &'static str, account: Option<&str>, path: &'static str) -> Self {
        self.put("<form class=\"search\" role=\"search\" action=\"")
            .put(path)
            .put("\">\n")
            .some(account, |html, account| html.hidden("account", account))
            .put("<label>")
            .put(what)
            .put(" <input type=\"search\" name=\"search\" autocomplete=\"off\" spellcheck=\"false\"")
            .attribute("value", said)
            .put("></label>\n<button class=\"quiet\">Search</button>\n</form>\n")
    }

    /// Adds the way to the next page, if there is one.
    pub(super) fn next(self, to: Option<&Href>) -> Self {
        self.some(to, |html, to| html.put("<p class=\"next\">").link(to, "More").put("</p>\n"))
    }
}
