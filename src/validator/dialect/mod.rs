//! A service's own error words: the same refusal is `InvalidClientTokenId`, `UnrecognizedClientException`,
//! `InvalidAccessKeyId` or `AuthFailure`, by whose door it happens at.
//!
//! AWS: aws-behaviour section 14 for S3; the codes of the others were measured by an unknown key, and the rest of each
//! family follows its usual names. What all of AWS's common front end says is `api::errors`'s.

mod denied;
mod s3;

pub use denied::Denial;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::refusal::{Shown, foreign};
use crate::access::{Unproved, is_s3};
use crate::api::errors::unauthenticated;
use crate::wire::{ErrorCode, fault};

/// How a service writes its errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dialect {
    /// S3.
    S3Xml,
    /// The Query protocol.
    QueryXml,
    /// EC2.
    Ec2Xml,
    /// `application/x-amz-json-1.0`.
    #[serde(rename = "json-1.0")]
    Json10,
    /// `application/x-amz-json-1.1`.
    #[serde(rename = "json-1.1")]
    Json11,
    /// JSON by path and method.
    RestJson,
}

/// An error as the service would answer it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AwsError {
    /// In whose form.
    pub dialect: Dialect,
    /// The HTTP status.
    pub http_status: u16,
    /// The code.
    pub code: Cow<'static, str>,
    /// The text.
    pub message: String,
    /// What else the document has, in order.
    pub details: Vec<(&'static str, String)>,
    /// The `Content-Type`.
    pub content_type: &'static str,
    /// The document.
    pub body: String,
}

const QUERY: [&str; 17] = [
    "autoscaling",
    "cloudformation",
    "cloudfront",
    "cloudsearch",
    "elasticache",
    "elasticbeanstalk",
    "elasticloadbalancing",
    "iam",
    "monitoring",
    "rds",
    "redshift",
    "route53",
    "sdb",
    "ses",
    "sns",
    "sqs",
    "sts",
];
const JSON_1_0: [&str; 5] = ["dynamodb", "states", "swf", "servicediscovery", "timestream"];
const JSON_1_1: [&str; 22] = [
    "acm",
    "athena",
    "codebuild",
    "codecommit",
    "codepipeline",
    "cognito-identity",
    "cognito-idp",
    "config",
    "dms",
    "ecr",
    "ecs",
    "events",
    "firehose",
    "glue",
    "kinesis",
    "kms",
    "logs",
    "organizations",
    "rekognition",
    "secretsmanager",
    "ssm",
    "tagging",
];

impl Dialect {
    /// That of the service of this signing name.
    pub fn of(service: &str) -> Self {
        match service {
            "ec2" => Self::Ec2Xml,
            _ if is_s3(service) => Self::S3Xml,
            _ if QUERY.contains(&service) => Self::QueryXml,
            _ if JSON_1_0.contains(&service) => Self::Json10,
            _ if JSON_1_1.contains(&service) => Self::Json11,
            _ => Self::RestJson,
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::S3Xml => "application/xml",
            Self::QueryXml => "text/xml",
            Self::Ec2Xml => "text/xml;charset=UTF-8",
            Self::Json10 => "application/x-amz-json-1.0",
            Self::Json11 => "application/x-amz-json-1.1",
            Self::RestJson => "application/json",
        }
    }

    /// Nobody is known to have signed.
    pub(super) fn unproved(self, why: &Unproved, shown: &Shown, request_id: &str) -> AwsError {
        if self == Self::S3Xml {
            let s3::Words { status, code, message, details } = s3::unproved(why, shown);
            return self.error(status, code, message, details, request_id);
        }
        let (code, message) = match why {
            Unproved::Access(rejection) => {
                let error = unauthenticated(rejection);
                (error.code, error.message.unwrap_or_default())
            }
            other => (ErrorCode::SignatureDoesNotMatch, foreign(other)),
        };
        let expired = matches!(why, Unproved::Access(rejection) if rejection.is_expiry());
        let (status, code, message) = self.words(code, message, expired);
        self.error(status, code, message, Vec::new(), request_id)
    }

    /// Somebody may not do something.
    pub(super) fn denied(self, denial: &Denial<'_>, request_id: &str) -> AwsError {
        let (status, code, message) = match self {
            Self::S3Xml => (403, "AccessDenied", denial.by_s3()),
            Self::Ec2Xml => {
                let tail = denial.encoded.map(|encoded| format!(" Encoded authorization failure message: {encoded}"));
                let text = "You are not authorized to perform this operation.";
                (403, "UnauthorizedOperation", format!("{text}{}", tail.unwrap_or_default()))
            }
            _ => self.words(ErrorCode::AccessDenied, denial.by_others(), false),
        };
        self.error(status, code, message, Vec::new(), request_id)
    }

    /// The operation is not one that the asking service can be told about.
    pub(super) fn not_implemented(self, request_id: &str) -> AwsError {
        let text = "A header or query you provided implies functionality that is not implemented.";
        self.error(501, "NotImplemented", text.to_owned(), Vec::new(), request_id)
    }

    fn words(self, code: ErrorCode, message: String, expired: bool) -> (u16, &'static str, String) {
        let json = |name: &'static str| {
            let status = if self == Self::RestJson { 403 } else { 400 };
            (status, name)
        };
        let (status, name) = match (self, code) {
            (Self::QueryXml | Self::S3Xml, code) => (code.status(), code.as_str()),
            (Self::Ec2Xml, _) if expired => return (400, "RequestExpired", "Request has expired.".to_owned()),
            (Self::Ec2Xml, ErrorCode::InternalFailure) => (500, "InternalError"),
            (Self::Ec2Xml, _) => {
                let text = "AWS was not able to validate the provided access credentials";
                return (401, "AuthFailure", text.to_owned());
            }
            (_, ErrorCode::InvalidClientTokenId) => json("UnrecognizedClientException"),
            (_, ErrorCode::ExpiredToken) => json("ExpiredTokenException"),
            (_, ErrorCode::SignatureDoesNotMatch) => json("InvalidSignatureException"),
            (_, ErrorCode::IncompleteSignature) => json("IncompleteSignatureException"),
            (_, ErrorCode::MissingAuthenticationToken) => {
                let (status, name) = json("MissingAuthenticationTokenException");
                return (status, name, "Missing Authentication Token".to_owned());
            }
            (_, ErrorCode::AccessDenied) => json("AccessDeniedException"),
            (_, code) => (code.status(), code.as_str()),
        };
        (status, name, message)
    }

    fn error(
        self,
        http_status: u16,
        code: &'static str,
        message: String,
        details: Vec<(&'static str, String)>,
        request_id: &str,
    ) -> AwsError {
        let body = match self {
            Self::S3Xml => fault::s3(code, &message, &details, request_id),
            Self::QueryXml => {
                fault::query(code, &message, if http_status < 500 { "Sender" } else { "Receiver" }, request_id)
            }
            Self::Ec2Xml => fault::ec2(code, &message, request_id),
            Self::Json10 | Self::Json11 => {
                let kind = format!("com.amazon.coral.service#{code}");
                serde_json::json!({"__type": kind, "message": message}).to_string()
            }
            Self::RestJson => serde_json::json!({"message": message}).to_string(),
        };
        let code = Cow::Borrowed(code);
        AwsError { dialect: self, http_status, code, message, details, content_type: self.content_type(), body }
    }
}
