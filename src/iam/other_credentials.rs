//! Credentials of users that nobody can have here: keys of SSH, certificates that sign, credentials of single services.
//! Whoever deletes a user by AWS's guide looks for them first, as Terraform does.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_users_remove.html>

use std::iter::empty;

use super::action::Target;
use crate::action;
use crate::api::operation::{OutputKind, OutputMember};
use crate::ids::names::{AskedUserName, Flag, UserName};
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
    ListSSHPublicKeys in pages;
    input ListSSHPublicKeysInput {
        /// Whose; without it the caller's own.
        "UserName" user_name: Option<UserName>,
    }
    errors [NoSuchEntity]
    output ListSSHPublicKeysOutput {
        /// The keys: none.
        "SSHPublicKeys" keys: Members<Nothing>,
    }
    on |input, look| look.owner_target(input.user_name.as_ref());
    reads |input, look| {
        look.owner(input.user_name.as_ref())?;
        Ok(input.paging(&[])?.cut_whole(empty()).into())
    };
}

action! {
    /// Lists the signing certificates of a user, who has none: nothing here is signed by them.
    ListSigningCertificates in pages;
    input ListSigningCertificatesInput {
        /// Whose; without it the caller's own.
        "UserName" user_name: Option<AskedUserName>,
    }
    errors [NoSuchEntity]
    output ListSigningCertificatesOutput {
        /// The certificates: none.
        "Certificates" certificates: Members<Nothing>,
    }
    on |input, look| look.owner_target(input.user_name.as_ref());
    reads |input, look| {
        look.owner(input.user_name.as_ref())?;
        Ok(input.paging(&[])?.cut_whole(empty()).into())
    };
}

action! {
    /// Lists the credentials of a user for single services, of which there are none.
    ListServiceSpecificCredentials in pages;
    input ListServiceSpecificCredentialsInput {
        /// Whose; without it the caller's own.
        "UserName" user_name: Option<UserName>,
        /// Whether those of all users are wanted.
        "AllUsers" all_users: Option<Flag>,
    }
    unserved ["ServiceName"]
    errors [NoSuchEntity]
    output ListServiceSpecificCredentialsOutput {
        /// The credentials: none.
        "ServiceSpecificCredentials" credentials: Members<Nothing>,
    }
    on |input, look| match (&input.user_name, input.all_users) {
        (None, Some(Flag(true))) => Ok(Target::at(look.asker.arn("user/"))),
        (user_name, _) => look.owner_target(user_name.as_ref()),
    };
    reads |input, look| {
        if input.user_name.is_some() || input.all_users.is_none_or(|all| !all.0) {
            look.owner(input.user_name.as_ref())?;
        }
        Ok(input.paging(&[])?.cut_whole(empty()).into())
    };
}
