//! Where somebody shows a token, if the service wants one.

use super::frame::STYLE;
use crate::html::{Frame, Html, Page};

/// The page with the form for a token; `wrong` if one was shown that is not good for this.
pub fn login(form_token: &str, wrong: bool) -> Page {
    let content = Html::default()
        .when(wrong, |html| html.refusal("This token is none that opens the console."))
        .put(
            "<p>This service wants a token: one of the file of <code>--companion-token-file</code> that has the scope ",
        )
        .put("<code>admin</code>, or no scopes at all.</p>\n<form method=\"post\" action=\"/console/login\">\n")
        .hidden("form", form_token)
        .put("<label class=\"field\">Token<input type=\"password\" name=\"token\" autocomplete=\"current-password\" ")
        .put("required autofocus></label>\n<p><button>Log in</button></p>\n</form>\n");
    let frame = Frame { style: STYLE, ..Frame::default() };
    Page { frame, ..Page::of(401, "Log in", content) }
}
