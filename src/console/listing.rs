//! The users, groups, roles or policies of an account.

use super::entity::account_of;
use super::frame::Section;
use super::parts::{Column, Href, MOST_SHOWN};
use super::{Asked, Look, nothing};
use crate::html::{Html, Page};
use crate::ids::AccountId;
use crate::time::Timestamp;

/// What is listed.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Users,
    Groups,
    Roles,
    Policies,
}

impl Kind {
    pub(super) const ALL: [Self; 4] = [Self::Users, Self::Groups, Self::Roles, Self::Policies];

    /// How many there are in an account.
    pub(super) fn count(self, look: &Look<'_>, account: AccountId) -> usize {
        let identities = &look.snapshot.identities;
        match self {
            Self::Users => identities.users_after(account, None).count(),
            Self::Groups => identities.groups_after(account, None).count(),
            Self::Roles => identities.roles_after(account, None).count(),
            Self::Policies => identities.policies_after(account, None).count(),
        }
    }

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Users => "Users",
            Self::Groups => "Groups",
            Self::Roles => "Roles",
            Self::Policies => "Policies",
        }
    }

    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Users => "/console/users",
            Self::Groups => "/console/groups",
            Self::Roles => "/console/roles",
            Self::Policies => "/console/policies",
        }
    }
}

/// One line of a list.
struct Row<'a> {
    /// By which it is found again.
    key: &'a str,
    name: &'a str,
    arn: &'a str,
    to: Href,
    created: Timestamp,
}

type Rows<'a> = Box<dyn Iterator<Item = Row<'a>> + 'a>;

pub(super) fn page(look: &Look<'_>, kind: Kind, asked: Asked<'_>) -> Page {
    let Some(account) = account_of(look, asked) else { return nothing(look) };
    let id = account.id.to_string();
    let search = asked.text("search").to_lowercase();
    let after = asked.some("after");
    let found = rows(look, kind, account.id, after.as_deref()).filter(|row| row.key.contains(&search));
    let mut rows: Vec<Row<'_>> = found.take(MOST_SHOWN + 1).collect();
    let more = rows.len() > MOST_SHOWN;
    rows.truncate(MOST_SHOWN);
    let next = rows.last().filter(|_| more);
    let next =
        next.map(|last| Href::to(kind.path()).with("account", &id).with("search", &search).with("after", last.key));
    let columns: [Column<'_, Row<'_>>; 3] = [
        ("Name", &|html, row| html.link(&row.to, row.name)),
        ("ARN", &|html, row| html.code(row.arn)),
        ("Created", &|html, row| html.instant(row.created)),
    ];
    let content = Html::default()
        .search(&search, "Name", Some(&id), kind.path())
        .table(kind.title(), &columns, &rows)
        .next(next.as_ref());
    let above = [(Href::to("/console/account").with("account", &id), account.label())];
    look.page_below(200, Section::Accounts, &above, kind.title(), content)
}

fn rows<'a>(look: &'a Look<'_>, kind: Kind, account: AccountId, after: Option<&'a str>) -> Rows<'a> {
    let identities = &look.snapshot.identities;
    let row =
        move |path, key, name, arn, created| Row { key, name, arn, to: Href::named(path, account, name), created };
    match kind {
        Kind::Users => Box::new(identities.users_after(account, after).map(move |(key, user)| {
            row("/console/user", key, user.record.name.as_str(), &user.arn, user.record.created)
        })),
        Kind::Groups => Box::new(identities.groups_after(account, after).map(move |(key, group)| {
            row("/console/group", key, group.record.name.as_str(), &group.arn, group.record.created)
        })),
        Kind::Roles => Box::new(identities.roles_after(account, after).map(move |(key, role)| {
            row("/console/role", key, role.record.name.as_str(), &role.arn, role.record.created)
        })),
        Kind::Policies => Box::new(identities.policies_after(account, after).map(|(key, it)| {
            let (name, created) = (it.record.name.as_str(), it.record.created);
            Row { key, name, arn: &it.arn, to: Href::to("/console/policy").with("arn", &it.arn), created }
        })),
    }
}
