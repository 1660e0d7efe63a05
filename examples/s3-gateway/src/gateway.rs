//! What operations demand before they do anything: that the validator allows it, and that what they need is there.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use local_sts::client::{Asked, AwsError, Check, Client, Context, Refusal, ResourcePolicy, Verdict};
use local_sts::policy::document::Policy;
use s3s::dto::{CopySource, Range};
use s3s::{S3Error, S3Request, S3Result, s3_error};
use s3s_fs::FileSystem;
use serde_json::value::RawValue;
use tokio::sync::Mutex;

use crate::asks::{self, Versioned};
use crate::door::Arrived;
use crate::records::{Bucket, Records, Tags, Upload};
use crate::{listing, words};

/// What a request says of the bucket that it is about.
pub trait OfBucket {
    fn bucket(&self) -> &str;
    fn expected_owner(&self) -> Option<&String>;
}

/// S3 over a directory.
pub struct Gateway {
    pub files: FileSystem,
    pub records: Records,
    /// Held by whoever makes or removes a bucket.
    // ATTACK: of two who make one at once, the second would become the owner of what the first has.
    pub making_buckets: Mutex<()>,
    client: Client,
}

impl Gateway {
    pub fn new(root: &Path, records: Records, client: Client) -> Result<Self, Box<dyn std::error::Error>> {
        let files = FileSystem::new(root).map_err(|error| format!("{}: {error:?}", root.display()))?;
        Ok(Self { files, records, making_buckets: Mutex::new(()), client })
    }

    /// Demands that all of this is allowed.
    pub async fn ask<T>(&self, request: &S3Request<T>, checks: &[Check], context: Context) -> S3Result<()> {
        all_allowed(request, checks, &self.verdicts(request, checks, context).await?)
    }

    /// Demands it for a bucket that is to be made: one of that name that is there already has no say.
    pub async fn ask_for_new<T>(&self, request: &S3Request<T>, checks: &[Check], context: Context) -> S3Result<()> {
        all_allowed(request, checks, &self.decided(request, checks, &context, &BTreeMap::new()).await?)
    }

    /// Asks about each of these: as many verdicts as checks.
    pub async fn verdicts<T>(
        &self,
        request: &S3Request<T>,
        checks: &[Check],
        mut context: Context,
    ) -> S3Result<Vec<Verdict>> {
        let mut policies = BTreeMap::new();
        for check in checks {
            let Some(path) = check.resource.strip_prefix("arn:aws:s3:::") else { continue };
            let name = path.split('/').next().unwrap_or_default();
            if !policies.contains_key(&asks::bucket_arn(name))
                && let Some(bucket) = self.records.bucket(name).map_err(internal)?
            {
                asks::set(&mut context, "s3:ResourceAccount", &bucket.owner);
                policies.insert(asks::bucket_arn(name), resource_policy(bucket)?);
            }
        }
        self.decided(request, checks, &context, &policies).await
    }

    async fn decided<T>(
        &self,
        request: &S3Request<T>,
        checks: &[Check],
        context: &Context,
        policies: &BTreeMap<String, ResourcePolicy>,
    ) -> S3Result<Vec<Verdict>> {
        let asked = Asked { checks, context: Some(context), resource_policies: Some(policies) };
        match self.client.authorize(&arrived(request)?.caller, asked).await {
            Ok(verdicts) if verdicts.len() == checks.len() => Ok(verdicts),
            Ok(_) => Err(s3_error!(InternalError)),
            // It ended between the signature and now.
            Err(Refusal::Refused(refused)) => Err(denied(request, refused.aws_error.as_ref())),
            Err(Refusal::Unavailable(why)) => {
                tracing::error!(cause = %why, "refused: no answer from the validator");
                Err(words::unavailable(&why))
            }
        }
    }

    /// Demands that everybody whom a policy names is somebody.
    // AWS: a bucket policy about a user or role that does not exist is refused.
    pub async fn known(&self, policy: &Policy) -> S3Result<()> {
        let arns: Vec<&str> = policy.principal_arns().filter(|name| name.starts_with("arn:")).collect();
        match self.client.exist(&arns).await {
            Ok(found) if found.iter().all(|found| *found) => Ok(()),
            Ok(_) => Err(s3_error!(MalformedPolicy, "Invalid principal in policy")),
            Err(why) => {
                tracing::error!(cause = %why, "refused: no answer from the validator");
                Err(words::unavailable(&why))
            }
        }
    }

    /// The bucket of a request, which must be there, and whose the request says it is.
    pub fn bucket(&self, request: &S3Request<impl OfBucket>) -> S3Result<Bucket> {
        self.bucket_of(request.input.bucket(), request.input.expected_owner())
    }

    /// The same where it is all that is acted on, and where this action must be allowed.
    pub async fn may(&self, request: &S3Request<impl OfBucket>, action: &str) -> S3Result<Bucket> {
        let bucket = self.bucket(request)?;
        self.ask(request, &asks::on_bucket(action, request.input.bucket()), context(request)?).await?;
        Ok(bucket)
    }

    fn bucket_of(&self, name: &str, expected_owner: Option<&String>) -> S3Result<Bucket> {
        let bucket = self.records.bucket(name).map_err(internal)?;
        let bucket = bucket.ok_or_else(|| s3_error!(NoSuchBucket, "The specified bucket does not exist"))?;
        if expected_owner.is_some_and(|expected| *expected != bucket.owner) {
            return Err(s3_error!(AccessDenied, "Access Denied"));
        }
        Ok(bucket)
    }

    /// Demands that an object may be read and is there.
    pub async fn readable<T>(
        &self,
        request: &S3Request<T>,
        action: Versioned,
        bucket: &str,
        key: &str,
        version: Option<&str>,
    ) -> S3Result<()> {
        let mut context = context(request)?;
        asks::version(&mut context, version);
        if self.records.has_object(bucket, key) {
            asks::existing_tags(&mut context, &self.records.tags(bucket, key).map_err(internal)?);
        }
        self.ask(request, &asks::on_object(action, bucket, key, version), context).await?;
        self.there(request, bucket, key, version).await
    }

    /// Demands that an object is there. Who may not list the bucket is not told that it is not.
    pub async fn there<T>(
        &self,
        request: &S3Request<T>,
        bucket: &str,
        key: &str,
        version: Option<&str>,
    ) -> S3Result<()> {
        if !self.records.has_object(bucket, key) {
            self.ask(request, &asks::on_bucket("s3:ListBucket", bucket), context(request)?).await?;
            return Err(s3_error!(NoSuchKey, "The specified key does not exist."));
        }
        match version {
            None | Some("null") => Ok(()),
            Some(_) => Err(s3_error!(NoSuchVersion, "The specified version does not exist.")),
        }
    }

    /// Demands that an object may be put, and can be.
    pub async fn writable<T>(&self, request: &S3Request<T>, bucket: &str, key: &str, brought: &Tags) -> S3Result<()> {
        let mut context = context(request)?;
        asks::write_headers(&mut context, &request.headers);
        asks::request_tags(&mut context, brought);
        self.ask(request, &asks::put_object(bucket, key, &request.headers, brought), context).await?;
        if request.headers.get("x-amz-acl").is_some_and(|acl| acl != "private" && acl != "bucket-owner-full-control") {
            return Err(s3_error!(AccessControlListNotSupported, "The bucket does not allow ACLs"));
        }
        demand_room(self.records.has_room(bucket, key))
    }

    /// The range of an object that is its last so many bytes.
    // WHY: s3s-fs fails where there are not so many.
    pub fn last_bytes(&self, bucket: &str, key: &str, length: u64) -> S3Result<Range> {
        let size = self.records.size(bucket, key).map_err(internal)?;
        if length == 0 || size == 0 {
            return Err(s3_error!(InvalidRange, "The requested range is not satisfiable"));
        }
        Ok(Range::Int { first: size.saturating_sub(length), last: None })
    }

    /// The upload that a request goes on with.
    pub fn upload(&self, bucket: &str, key: &str, id: &str) -> S3Result<Upload> {
        let upload = self.records.upload(bucket, key, id).map_err(internal)?;
        upload.ok_or_else(|| {
            s3_error!(
                NoSuchUpload,
                "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed."
            )
        })
    }

    /// The source of a copy, which must be readable; its tags.
    pub async fn source<T>(
        &self,
        request: &S3Request<T>,
        source: &CopySource,
        expected_owner: Option<&String>,
        with_tags: bool,
        is_part: bool,
    ) -> S3Result<Tags> {
        let CopySource::Bucket { bucket, key, version_id } = source else {
            return Err(s3_error!(NotImplemented, "Access points are not implemented"));
        };
        self.bucket_of(bucket, expected_owner)?;
        let version = version_id.as_deref();
        let mut context = context(request)?;
        asks::version(&mut context, version);
        let tags = if self.records.has_object(bucket, key) {
            self.records.tags(bucket, key).map_err(internal)?
        } else {
            Tags::new()
        };
        // AWS: the tags of the source are known to conditions when a part is copied, not when an object is.
        if is_part {
            asks::existing_tags(&mut context, &tags);
        }
        let mut checks = asks::on_object(asks::GET, bucket, key, version);
        if with_tags && !tags.is_empty() {
            checks.extend(asks::on_object(asks::GET_TAGGING, bucket, key, version));
        }
        self.ask(request, &checks, context).await?;
        self.there(request, bucket, key, version).await?;
        Ok(tags)
    }

    pub fn forget_object(&self, bucket: &str, key: &str) -> S3Result<()> {
        self.records.prune(bucket, key);
        self.records.set_tags(bucket, key, &Tags::new()).map_err(internal)
    }

    /// Demands that a listing may be had; whether anything can be in it.
    pub async fn listable<T>(&self, request: &S3Request<T>, bucket: &str, view: listing::View<'_>) -> S3Result<bool> {
        let mut context = context(request)?;
        asks::listing(&mut context, view.prefix, view.delimiter, view.max_keys);
        self.ask(request, &asks::on_bucket("s3:ListBucket", bucket), context).await?;
        // ATTACK: s3s-fs would list `secret/` for the prefix `/secret/`, which is another prefix for policies.
        Ok(!view.prefix.is_some_and(|prefix| prefix.starts_with('/')))
    }
}

/// Demands that there is no other verdict than yes.
fn all_allowed<T>(request: &S3Request<T>, checks: &[Check], verdicts: &[Verdict]) -> S3Result<()> {
    match checks.iter().zip(verdicts).find(|(_, verdict)| !verdict.is_allowed()) {
        None if checks.len() == verdicts.len() => Ok(()),
        None => Err(s3_error!(InternalError)),
        Some((check, verdict)) => {
            tracing::info!(action = check.action, resource = check.resource, basis = verdict.basis(), "denied");
            Err(denied(request, verdict.aws_error()))
        }
    }
}

/// The validator's no, in its own words as far as the door can say them.
fn denied<T>(request: &S3Request<T>, error: Option<&AwsError>) -> S3Error {
    if let (Some(error), Ok(arrived)) = (error, arrived(request)) {
        let _ = arrived.refusal.set(error.clone());
    }
    words::denied(error)
}

/// Demands that the directory can hold what shall be put there.
pub fn demand_room(there_is: bool) -> S3Result<()> {
    if there_is {
        return Ok(());
    }
    let text = "This server keeps objects as files: a key has no empty, `.` or `..` part, is not the beginning of \
                another one's path, and is not much longer than a hundred bytes.";
    Err(s3_error!(InvalidArgument, "{text}"))
}

pub fn arrived<T>(request: &S3Request<T>) -> S3Result<&Arrived> {
    // Without it nobody knows who asks, so nothing is done.
    request.extensions.get::<Arrived>().ok_or_else(|| s3_error!(InternalError))
}

pub fn context<T>(request: &S3Request<T>) -> S3Result<Context> {
    Ok(Context::clone(&arrived(request)?.context))
}

/// The account that asks; nobody has none.
pub fn account<T>(request: &S3Request<T>) -> S3Result<String> {
    let signer = arrived(request)?.caller.signer();
    signer.map(|signer| signer.identity().account_id.clone()).ok_or_else(|| s3_error!(AccessDenied, "Access Denied"))
}

fn resource_policy(bucket: Bucket) -> S3Result<ResourcePolicy> {
    let policy = bucket.policy.map(RawValue::from_string).transpose();
    // ATTACK: a policy that cannot be read may deny something.
    let policy = policy.map_err(|error| internal(io::Error::from(error)))?;
    Ok(ResourcePolicy { owner_account_id: bucket.owner, policy })
}

pub fn internal(error: io::Error) -> S3Error {
    tracing::error!(%error, "the directory of records failed");
    S3Error::internal_error(error)
}

/// AWS: whoever may, but belongs to another account than the bucket, is told that it is not possible.
pub fn owners_only<T>(request: &S3Request<T>, bucket: &Bucket) -> S3Result<()> {
    if account(request)? == bucket.owner {
        return Ok(());
    }
    Err(s3_error!(MethodNotAllowed, "The specified method is not allowed against this resource."))
}
