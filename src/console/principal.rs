//! A user, a group, a role.

use std::sync::Arc;

use super::entity::{above, account_of};
use super::frame::Section;
use super::parts::{Column, Href, MOST_SHOWN, stretch};
use super::{Asked, Look, nothing};
use crate::html::{Html, Page};
use crate::identities::User;
use crate::ids::names::GroupName;
use crate::store::records::KeyOwner;

pub(super) fn user(look: &Look<'_>, asked: Asked<'_>) -> Page {
    let identities = &look.snapshot.identities;
    let Some(account) = account_of(look, asked) else { return nothing(look) };
    let Some(user) = identities.user_by_name(account.id, &asked.text("name")) else { return nothing(look) };
    let group = |html: Html, name: &str| html.link(&Href::named("/console/group", account.id, name), name).put(" ");
    let groups = Some(&user.record.groups).filter(|groups| !groups.is_empty());
    let content = Html::default()
        .done(&asked.text("done"))
        .ways_on(&user.arn)
        .facts(|html| {
            html.identity(&user.arn, user.id.as_str(), user.record.created)
                .some(groups, |html, groups| {
                    let names = groups.iter().take(MOST_SHOWN).map(GroupName::as_str);
                    html.fact("Groups", |html| html.each(names, group))
                })
                .boundary(&user.record.permissions)
                .tags(&user.record.tags)
        })
        .policies(look, &user.record.permissions)
        .credentials(look, &KeyOwner::User(user.id.clone()))
        .end_all(look, "user", &user.arn);
    let above = above(account, "/console/users", "Users");
    look.page_below(200, Section::Accounts, &above, format!("User {}", user.record.name), content)
}

pub(super) fn group(look: &Look<'_>, asked: Asked<'_>) -> Page {
    let identities = &look.snapshot.identities;
    let Some(account) = account_of(look, asked) else { return nothing(look) };
    let Some(group) = identities.group_by_name(account.id, &asked.text("name")) else { return nothing(look) };
    let after = asked.some("after");
    let mut members: Vec<(&str, &Arc<User>)> =
        identities.members_after(group, after.as_deref()).take(MOST_SHOWN + 1).collect();
    let more = members.len() > MOST_SHOWN;
    members.truncate(MOST_SHOWN);
    let here = || Href::named("/console/group", account.id, group.record.name.as_str());
    let next = members.last().filter(|_| more).map(|(key, _)| here().with("after", key));
    let columns: [Column<'_, (&str, &Arc<User>)>; 2] = [
        ("Name", &|html, (_, user)| {
            let name = user.record.name.as_str();
            html.link(&Href::named("/console/user", account.id, name), name)
        }),
        ("ARN", &|html, (_, user)| html.code(&user.arn)),
    ];
    let content = Html::default()
        .facts(|html| html.identity(&group.arn, group.id.as_str(), group.record.created))
        .policies(look, &group.record.permissions)
        .section("Members")
        .table("Members", &columns, &members)
        .next(next.as_ref())
        .put("</section>\n");
    let above = above(account, "/console/groups", "Groups");
    look.page_below(200, Section::Accounts, &above, format!("Group {}", group.record.name), content)
}

pub(super) fn role(look: &Look<'_>, asked: Asked<'_>) -> Page {
    let identities = &look.snapshot.identities;
    let Some(account) = account_of(look, asked) else { return nothing(look) };
    let Some(role) = identities.role_by_name(account.id, &asked.text("name")) else { return nothing(look) };
    let assume = Href::to("/console/tester").with("action", "sts:AssumeRole").with("resource", &role.arn);
    let content = Html::default()
        .done(&asked.text("done"))
        .ways_on(&role.arn)
        .facts(|html| {
            html.identity(&role.arn, role.id.as_str(), role.record.created)
                .some(role.record.description.as_ref(), |html, text| html.fact_text("Description", text))
                .fact_text("Longest session", &stretch(i64::from(role.record.max_session_seconds) * 1000))
                .fact("Last used", |html| match role.last_use.get() {
                    None => html.put("never"),
                    Some(used) => html.instant(used.at).put(" in ").text(&used.region),
                })
                .boundary(&role.record.permissions)
                .tags(&role.record.tags)
        })
        .section("Who may assume it")
        .document(&role.record.trust)
        .put("<p class=\"ways\">")
        .link(&assume, "Try who may")
        .put("</p>\n</section>\n")
        .policies(look, &role.record.permissions)
        .end_all(look, "role", &role.arn);
    let above = above(account, "/console/roles", "Roles");
    look.page_below(200, Section::Accounts, &above, format!("Role {}", role.record.name), content)
}
