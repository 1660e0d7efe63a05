//! The pages of the sign-in. Login tools read the one with the roles: its elements, names and classes are those of AWS's.

use super::exchange::Session;
use super::roles::Choice;
use super::{RELAY_STATE, RESPONSE, ROLE};
use crate::html::{Html, Page};
use crate::ids::arn::name_in;

/// Which of these roles it shall be.
pub fn roles(address: &str, response: &str, relay_state: &str, choices: &[Choice]) -> Page {
    let role = |html: Html, choice: &Choice| {
        html.put("<div class=\"saml-role\"><input type=\"radio\"")
            .attribute("name", ROLE)
            .attribute("value", &choice.role)
            .put(" class=\"saml-radio\" required=\"\"")
            .attribute("id", &choice.role)
            .put("><label")
            .attribute("for", &choice.role)
            .put(" class=\"saml-role-description\">")
            .text(name_in(&choice.role))
            .put("</label><span class=\"arn\">")
            .text(&choice.role)
            .put("</span></div>\n")
    };
    let account = |html: Html, choices: &[Choice]| {
        html.put("<div class=\"saml-account\"><div class=\"saml-account-name\">Account: ")
            .text(choices.first().map_or("", |choice| &*choice.account))
            .put("</div>\n")
            .each(choices, role)
            .put("</div>\n")
    };
    let content = Html::of("<form id=\"saml_form\" name=\"saml_form\" method=\"post\"")
        .attribute("action", address)
        .put(">\n")
        .hidden(RELAY_STATE, relay_state)
        .hidden(RESPONSE, response)
        .put("<fieldset><legend>Which role shall it be?</legend>\n")
        .each(choices.chunk_by(|one, other| one.account == other.account), account)
        .put("</fieldset>\n<p><button type=\"submit\" id=\"signin_button\">Sign in</button></p>\n</form>\n");
    Page::of(200, "Sign in", content)
}

/// Here they are.
pub fn credentials(session: &Session, relay_state: &str) -> Page {
    let lines = [
        ("export AWS_ACCESS_KEY_ID=", &session.access_key_id),
        ("\nexport AWS_SECRET_ACCESS_KEY=", &session.secret_access_key),
        ("\nexport AWS_SESSION_TOKEN=", &session.session_token),
    ];
    let content = Html::of("<p>Now you are ")
        .text(&session.arn)
        .put(", until ")
        .text(&session.expiration.iso().to_string())
        .put(
            " by the clock of local-sts. Paste this into a shell; a click selects all of it:</p>\n<pre tabindex=\"0\">",
        )
        .each(lines, |html, (variable, value)| html.put(variable).text(value))
        .put("</pre>\n")
        .note("AWS would now lead on as the RelayState says, which nobody follows here: ", relay_state);
    Page::of(200, "Signed in", content)
}

/// The refusal of a Response, in AWS's words.
pub fn refusal(status: u16, code: &str, message: Option<&str>) -> Page {
    let content = Html::of("<p class=\"refusal\" role=\"alert\"><strong>")
        .text(code)
        .put("</strong> ")
        .text(message.unwrap_or_default())
        .put("</p>\n<p>The log of local-sts has the reason.</p>\n");
    Page::of(status, "Not signed in", content.put(AGAIN))
}

/// Nobody vouches for anybody.
pub fn nothing_posted() -> Page {
    let content = Html::of("<p>This is where identity providers send people to, with a form that has the field ")
        .put("<code>SAMLResponse</code>. There was none.</p>\n");
    Page::of(400, "Not signed in", content.put(AGAIN))
}

/// What nobody reads.
pub fn wrong_length() -> Page {
    let why = "AWS takes a SAMLResponse of 4 to 100000 characters, and this one has fewer or more.";
    let content = Html::default().refusal(why);
    Page::of(400, "Not signed in", content.put(AGAIN))
}

/// Something broke here.
pub fn stumbled() -> Page {
    Page::of(500, "Not signed in", Html::of("<p>Something failed here. The log of local-sts has the reason.</p>\n"))
}

const AGAIN: &str = "<p><a href=\"/saml/sso\">To the built-in identity provider</a></p>\n";
