//! Credentials of users that nobody can have here: keys of SSH, certificates that sign, credentials of single services.
//! Whoever deletes a user by AWS's guide looks for them first, as Terraform does.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_users_remove.html>

use std::borrow::Borrow;

use super::action::{Look, Target};
use super::paging::Paging;
use crate::action;
use crate::api::ApiError;
use crate::api::operation::{Members, OutputKind, OutputMember};
use crate::ids::names::{AskedUserName, Flag, Marker, MaxItems, UserName};
use crate::wire::Document;

/// What there is none of.
#[derive(Clone, Debug)]
pub enum Nothing {}

impl OutputMember for Nothing {
    const KIND: OutputKind = OutputKind::Structure(&[]);

    fn write_as(&self, _name: &'static str, _document: &mut Document) {
        match *self {}
    }
}

action! {
    /// Lists the SSH public keys of a user, who has none: there is no `CodeCommit` here.
    ListSSHPublicKeys;
    input ListSSHPublicKeysInput {
        /// Whose; without it the caller's own.
        "UserName" user_name: Option<UserName>,
        /// Where the list goes on.
        "Marker" marker: Option<Marker>,
        /// How many are wanted.
        "MaxItems" max_items: Option<MaxItems>,
    }
    errors [NoSuchEntity]
    output ListSSHPublicKeysOutput {
        /// Whether the list goes on.
        "IsTruncated" is_truncated: bool,
        /// The keys: none.
        "SSHPublicKeys" keys: Members<Nothing>,
    }
    on |input, look| look.owner_target(input.user_name.as_ref());
    reads |input, look| {
        let user_name = input.user_name.as_ref();
        none_of("ListSSHPublicKeys", user_name, (input.marker.as_ref(), input.max_items), look)?;
        Ok(ListSSHPublicKeysOutput { is_truncated: false, keys: Members(Vec::new()) })
    };
}

action! {
    /// Lists the signing certificates of a user, who has none: nothing here is signed by them.
    ListSigningCertificates;
    input ListSigningCertificatesInput {
        /// Whose; without it the caller's own.
        "UserName" user_name: Option<AskedUserName>,
        /// Where the list goes on.
        "Marker" marker: Option<Marker>,
        /// How many are wanted.
        "MaxItems" max_items: Option<MaxItems>,
    }
    errors [NoSuchEntity]
    output ListSigningCertificatesOutput {
        /// Whether the list goes on.
        "IsTruncated" is_truncated: bool,
        /// The certificates: none.
        "Certificates" certificates: Members<Nothing>,
    }
    on |input, look| look.owner_target(input.user_name.as_ref());
    reads |input, look| {
        let user_name = input.user_name.as_ref();
        none_of("ListSigningCertificates", user_name, (input.marker.as_ref(), input.max_items), look)?;
        Ok(ListSigningCertificatesOutput { is_truncated: false, certificates: Members(Vec::new()) })
    };
}

action! {
    /// Lists the credentials of a user for single services, of which there are none.
    ListServiceSpecificCredentials;
    input ListServiceSpecificCredentialsInput {
        /// Whose; without it the caller's own.
        "UserName" user_name: Option<UserName>,
        /// Whether those of all users are wanted.
        "AllUsers" all_users: Option<Flag>,
        /// Where the list goes on.
        "Marker" marker: Option<Marker>,
        /// How many are wanted.
        "MaxItems" max_items: Option<MaxItems>,
    }
    unserved ["ServiceName"]
    errors [NoSuchEntity]
    output ListServiceSpecificCredentialsOutput {
        /// Whether the list goes on.
        "IsTruncated" is_truncated: bool,
        /// The credentials: none.
        "ServiceSpecificCredentials" credentials: Members<Nothing>,
    }
    on |input, look| match (&input.user_name, input.all_users) {
        (None, Some(Flag(true))) => Ok(Target::at(look.asker.arn("user/"))),
        (user_name, _) => look.owner_target(user_name.as_ref()),
    };
    reads |input, look| {
        if input.user_name.is_some() || input.all_users.is_none_or(|all| !all.0) {
            let user_name = input.user_name.as_ref();
            none_of("ListServiceSpecificCredentials", user_name, (input.marker.as_ref(), input.max_items), look)?;
        }
        Ok(ListServiceSpecificCredentialsOutput { is_truncated: false, credentials: Members(Vec::new()) })
    };
}

/// The user must be there, and of a list that has nothing no page was the first.
fn none_of(
    action: &str,
    user_name: Option<&impl Borrow<str>>,
    (marker, most): (Option<&Marker>, Option<MaxItems>),
    look: Look<'_>,
) -> Result<(), ApiError> {
    look.owner(user_name)?;
    Paging::of(marker, most, &[action]).map(|_| ())
}
