//! Would this be allowed, and because of which statements: asked of the engine that decides everything else.

use super::frame::Section;
use super::parts::Href;
use super::verdict;
use super::{Asked, Look};
use crate::access::{
    Inquiry, Judge, LONGEST_ACTION, LONGEST_RESOURCE, RequestFacts, Resource, is_of_asker, is_one_action,
    owner_named_in, resource_policy, supposed,
};
use crate::html::{Html, Page};
use crate::identities::{Identities, NamedPolicy, Role};
use crate::ids::AccountId;
use crate::policy::context::RequestContext;

const MOST_KEYS: usize = 200;

/// What was filled in.
struct Question {
    principal: String,
    action: String,
    resource: String,
    context: String,
    policy: String,
    owner: String,
}

pub(super) fn page(look: &Look<'_>, asked: Asked<'_>) -> Page {
    let question = Question {
        principal: asked.text("principal"),
        action: asked.text("action"),
        resource: asked.some("resource").unwrap_or_else(|| "*".to_owned()),
        context: asked.text("context"),
        policy: asked.text("policy"),
        owner: asked.text("owner"),
    };
    let form = form(&question);
    if question.action.is_empty() {
        return look.page(200, Section::Tester, "Policy tester", form);
    }
    let (status, content) = match question.answer(look) {
        Ok(answer) => (200, answer.join(&form)),
        Err(why) => (400, Html::default().refusal(&why).join(&form)),
    };
    look.page(status, Section::Tester, "Policy tester", content)
}

fn form(question: &Question) -> Html {
    let more = !(question.context.is_empty() && question.policy.is_empty() && question.owner.is_empty());
    Html::of("<form class=\"question\" action=\"/console/tester\">\n")
        .field(
            "Who (nobody in particular, if empty)",
            "principal",
            &question.principal,
            "arn:aws:iam::000000000000:user/developer",
        )
        .field("Does what", "action", &question.action, "s3:GetObject")
        .field("To what", "resource", &question.resource, "arn:aws:s3:::reports/2026/q1.csv")
        .put(if more { "<details open>\n" } else { "<details>\n" })
        .put("<summary>Context and the resource's own policy</summary>\n")
        .area("Context, a key in a line", "context", &question.context, "aws:SourceIp = 203.0.113.7")
        .area(
            "The policy of the resource",
            "policy",
            &question.policy,
            "{\"Version\": \"2012-10-17\", \"Statement\": ...}",
        )
        .field("Whose it is, if the ARN does not tell", "owner", &question.owner, "000000000000")
        .put("</details>\n<p><button>Try it</button></p>\n</form>\n")
}

impl Question {
    fn answer(&self, look: &Look<'_>) -> Result<Html, String> {
        let identities = &look.snapshot.identities;
        self.check()?;
        let principal = match &*self.principal {
            "" => None,
            arn => Some(supposed(arn, identities).ok_or_else(|| format!("There is no user, role or account {arn}."))?),
        };
        let named = owner_named_in(&self.resource);
        let said = match &*self.owner {
            "" => None,
            text => Some(AccountId::parse(text).ok_or("An account is twelve digits.")?),
        };
        if said.zip(named).is_some_and(|(said, named)| said != named) {
            return Err("The resource is another account's than the one said, by its ARN.".to_owned());
        }
        let own = self.own_policy(said.or(named), identities)?;
        let resource = Resource::find(&self.action, &self.resource, own.as_ref(), said, principal.as_ref(), identities);
        let inquiry = Inquiry { action: &self.action, resource, context: &self.context()? };
        let moment = look.visit.world.now();
        let of_request = RequestFacts::untold();
        let judge =
            Judge::over(principal.as_ref(), None, &of_request, moment, identities).map_err(|denial| denial.reason)?;
        Ok(judge.inquire(&inquiry, true, |found| verdict::html(found, resource.role.map(role_href).as_ref())))
    }

    fn check(&self) -> Result<(), String> {
        if !is_one_action(&self.action) || self.action.len() > LONGEST_ACTION {
            return Err(format!("{:.200} is no action: write it as s3:GetObject.", self.action));
        }
        if self.resource.len() > LONGEST_RESOURCE {
            return Err("A resource has at most 2048 bytes.".to_owned());
        }
        Ok(())
    }

    fn own_policy(&self, owner: Option<AccountId>, identities: &Identities) -> Result<Option<NamedPolicy>, String> {
        if self.policy.is_empty() {
            return Ok(None);
        }
        let policy = resource_policy("the policy of the resource".to_owned(), &self.resource, &self.policy, identities);
        let policy = policy.map_err(|error| format!("The policy of the resource: {error}"))?;
        // ATTACK: taken for the asker's own, it would let in whom it names without the leave of their own account.
        owner.ok_or("Say whose the resource is, for its ARN names no account.")?;
        Ok(Some(policy))
    }

    /// A key in a line; a key in several lines has several values.
    fn context(&self) -> Result<RequestContext<'static>, String> {
        let mut values: Vec<(String, Vec<String>)> = Vec::new();
        for (at, line) in self.context.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let pair = line.split_once('=').map(|(key, value)| (key.trim(), value.trim()));
            let Some((key, value)) = pair.filter(|(key, _)| !key.is_empty()) else {
                return Err(format!("Context, line {}: write it as aws:SourceIp = 203.0.113.7.", at + 1));
            };
            if is_of_asker(key) {
                return Err(format!("Context, line {}: {key} tells who asks or when, which is known.", at + 1));
            }
            match values.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(key)) {
                Some((_, values)) => values.push(value.to_owned()),
                None => values.push((key.to_owned(), vec![value.to_owned()])),
            }
        }
        if values.len() > MOST_KEYS {
            return Err("At most 200 keys of context.".to_owned());
        }
        let mut context = RequestContext::with_capacity(values.len());
        for (key, values) in values {
            match <[String; 1]>::try_from(values) {
                Ok([value]) => context.set(key, value),
                Err(values) => context.set_many(key, values),
            }
        }
        Ok(context)
    }
}

fn role_href(role: &Role) -> Href {
    Href::named("/console/role", role.record.account, role.record.name.as_str())
}
