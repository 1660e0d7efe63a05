//! The operations of S3: each asks the validator and then hands on to s3s-fs. One that is not here is not implemented,
//! and so not done.
//!
//! Asking happens where the operation and its parameters are known, not where the request line is: what is asked about
//! is what will be done.

#![allow(clippy::wildcard_imports, reason = "every operation has an input and an output")]

use std::collections::BTreeMap;

use local_sts::client::Check;
use local_sts::policy::document::Policy;
use local_sts::policy::parse::PolicyKind;
use s3s::dto::*;
use s3s::{S3, S3Error, S3Request, S3Response, S3Result, s3_error};

use crate::gateway::{Gateway, OfBucket, account, arrived, context, demand_room, internal, owners_only};
use crate::records::{self, Tags, Upload};
use crate::{asks, bucket_policy, listing, malformed, tags, words};

/// The longest bucket policy.
const LONGEST_POLICY: usize = 20 * 1024;
/// The longest key; a path with a longer one never becomes an operation.
const LONGEST_KEY: usize = 1024;

#[async_trait::async_trait]
impl S3 for Gateway {
    async fn list_buckets(&self, request: S3Request<ListBucketsInput>) -> S3Result<S3Response<ListBucketsOutput>> {
        self.ask(&request, &[Check::new("s3:ListAllMyBuckets", "*")], context(&request)?).await?;
        let signer = arrived(&request)?.caller.signer();
        let owner = signer.map(|signer| Owner { display_name: None, id: Some(signer.identity().canonical_id.clone()) });
        let account = account(&request)?;
        let mut response = self.files.list_buckets(request).await?;
        if let Some(buckets) = &mut response.output.buckets {
            buckets.retain(|bucket| {
                let known = bucket.name.as_ref().and_then(|name| self.records.bucket(name).ok().flatten());
                known.is_some_and(|known| known.owner == account)
            });
        }
        response.output.owner = owner;
        Ok(response)
    }

    async fn create_bucket(&self, request: S3Request<CreateBucketInput>) -> S3Result<S3Response<CreateBucketOutput>> {
        let name = request.input.bucket.clone();
        let mut context = context(&request)?;
        asks::write_headers(&mut context, &request.headers);
        let place =
            request.input.create_bucket_configuration.as_ref().and_then(|place| place.location_constraint.as_ref());
        if let Some(place) = place {
            asks::set(&mut context, "s3:LocationConstraint", place.as_str());
        }
        let account = account(&request)?;
        self.ask_for_new(&request, &asks::create_bucket(&name, &request.headers), context).await?;
        let _turn = self.making_buckets.lock().await;
        match self.records.bucket(&name).map_err(internal)? {
            Some(known) if known.owner == account => {
                return Err(s3_error!(
                    BucketAlreadyOwnedByYou,
                    "Your previous request to create the named bucket succeeded and you already own it."
                ));
            }
            Some(_) => {
                return Err(s3_error!(
                    BucketAlreadyExists,
                    "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again."
                ));
            }
            None => self.records.claim(&name, &account).map_err(internal)?,
        }
        let mut response = self.files.create_bucket(request).await?;
        response.output.location = Some(format!("/{name}"));
        Ok(response)
    }

    async fn delete_bucket(&self, request: S3Request<DeleteBucketInput>) -> S3Result<S3Response<DeleteBucketOutput>> {
        let name = request.input.bucket.clone();
        self.may(&request, "s3:DeleteBucket").await?;
        let _turn = self.making_buckets.lock().await;
        if !self.records.is_empty(&name).map_err(internal)? {
            return Err(s3_error!(BucketNotEmpty, "The bucket you tried to delete is not empty"));
        }
        let response = self.files.delete_bucket(request).await?;
        self.records.forget(&name).map_err(internal)?;
        Ok(response)
    }

    async fn head_bucket(&self, request: S3Request<HeadBucketInput>) -> S3Result<S3Response<HeadBucketOutput>> {
        self.may(&request, "s3:ListBucket").await?;
        self.files.head_bucket(request).await
    }

    async fn get_bucket_location(
        &self,
        request: S3Request<GetBucketLocationInput>,
    ) -> S3Result<S3Response<GetBucketLocationOutput>> {
        self.may(&request, "s3:GetBucketLocation").await?;
        self.files.get_bucket_location(request).await
    }

    async fn list_objects(&self, mut request: S3Request<ListObjectsInput>) -> S3Result<S3Response<ListObjectsOutput>> {
        let most = listing::at_most(request.input.max_keys)?;
        let input = &request.input;
        self.bucket(&request)?;
        let view = listing::View {
            prefix: input.prefix.as_deref(),
            delimiter: input.delimiter.as_deref(),
            max_keys: input.max_keys,
        };
        let url = listing::is_url(input.encoding_type.as_ref());
        if self.listable(&request, &input.bucket, view).await? {
            request.input.max_keys = most;
            let mut response = self.files.list_objects(request).await?;
            listing::finish_v1(&mut response.output, url);
            return Ok(response);
        }
        Ok(S3Response::new(listing::nothing_v1(request.input)))
    }

    async fn list_objects_v2(
        &self,
        mut request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let most = listing::at_most(request.input.max_keys)?;
        let input = &request.input;
        self.bucket(&request)?;
        let view = listing::View {
            prefix: input.prefix.as_deref(),
            delimiter: input.delimiter.as_deref(),
            max_keys: input.max_keys,
        };
        let url = listing::is_url(input.encoding_type.as_ref());
        if self.listable(&request, &input.bucket, view).await? {
            request.input.max_keys = most;
            let mut response = self.files.list_objects_v2(request).await?;
            listing::finish_v2(&mut response.output, url);
            return Ok(response);
        }
        Ok(S3Response::new(listing::nothing_v2(request.input)))
    }

    async fn get_bucket_policy(
        &self,
        request: S3Request<GetBucketPolicyInput>,
    ) -> S3Result<S3Response<GetBucketPolicyOutput>> {
        let bucket = self.may(&request, "s3:GetBucketPolicy").await?;
        owners_only(&request, &bucket)?;
        match bucket.policy {
            Some(policy) => Ok(S3Response::new(GetBucketPolicyOutput { policy: Some(policy) })),
            None => Err(s3_error!(NoSuchBucketPolicy, "The bucket policy does not exist")),
        }
    }

    async fn put_bucket_policy(
        &self,
        request: S3Request<PutBucketPolicyInput>,
    ) -> S3Result<S3Response<PutBucketPolicyOutput>> {
        let input = &request.input;
        let bucket = self.may(&request, "s3:PutBucketPolicy").await?;
        owners_only(&request, &bucket)?;
        if input.policy.len() > LONGEST_POLICY {
            return Err(s3_error!(MalformedPolicy, "Policy exceeds the maximum allowed document size."));
        }
        let malformed = |fault| s3_error!(MalformedPolicy, "{}", malformed::sentence(&fault));
        let policy = Policy::parse(&input.policy, PolicyKind::Resource).map_err(malformed)?;
        bucket_policy::check(&policy, &input.bucket).map_err(|why| s3_error!(MalformedPolicy, "{why}"))?;
        self.known(&policy).await?;
        self.records.set_policy(&input.bucket, Some(&input.policy)).map_err(internal)?;
        Ok(S3Response::new(PutBucketPolicyOutput::default()))
    }

    async fn delete_bucket_policy(
        &self,
        request: S3Request<DeleteBucketPolicyInput>,
    ) -> S3Result<S3Response<DeleteBucketPolicyOutput>> {
        let input = &request.input;
        let bucket = self.may(&request, "s3:DeleteBucketPolicy").await?;
        owners_only(&request, &bucket)?;
        self.records.set_policy(&input.bucket, None).map_err(internal)?;
        Ok(S3Response::new(DeleteBucketPolicyOutput::default()))
    }

    async fn get_object(&self, mut request: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        let input = &request.input;
        if overrides_headers(input) && arrived(&request)?.caller.signer().is_none() {
            let text = "Request specific response headers cannot be used for anonymous GET requests.";
            return Err(s3_error!(InvalidRequest, "{text}"));
        }
        self.bucket(&request)?;
        self.readable(&request, asks::GET, &input.bucket, &input.key, input.version_id.as_deref()).await?;
        if let Some(Range::Suffix { length }) = input.range {
            request.input.range = Some(self.last_bytes(&input.bucket, &input.key, length)?);
        }
        self.files.get_object(request).await
    }

    async fn head_object(&self, request: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        let input = &request.input;
        self.bucket(&request)?;
        self.readable(&request, asks::GET, &input.bucket, &input.key, input.version_id.as_deref()).await?;
        self.files.head_object(request).await
    }

    async fn put_object(&self, request: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        let input = &request.input;
        self.bucket(&request)?;
        let tags = tags::of_header(input.tagging.as_deref())?;
        self.writable(&request, &input.bucket, &input.key, &tags).await?;
        let (bucket, key) = (input.bucket.clone(), input.key.clone());
        let response = self.files.put_object(request).await?;
        self.records.set_tags(&bucket, &key, &tags).map_err(internal)?;
        Ok(response)
    }

    async fn copy_object(&self, request: S3Request<CopyObjectInput>) -> S3Result<S3Response<CopyObjectOutput>> {
        let input = &request.input;
        self.bucket(&request)?;
        let replaces = input.tagging_directive.as_ref().is_some_and(|word| word.as_str() == TaggingDirective::REPLACE);
        let brought = if replaces { tags::of_header(input.tagging.as_deref())? } else { Tags::new() };
        let owner = input.expected_source_bucket_owner.as_ref();
        let copied = self.source(&request, &input.copy_source, owner, !replaces, false).await?;
        let tags = if replaces { brought } else { copied };
        self.writable(&request, &input.bucket, &input.key, &tags).await?;
        let (bucket, key) = (input.bucket.clone(), input.key.clone());
        let response = self.files.copy_object(request).await?;
        self.records.set_tags(&bucket, &key, &tags).map_err(internal)?;
        Ok(response)
    }

    async fn delete_object(&self, request: S3Request<DeleteObjectInput>) -> S3Result<S3Response<DeleteObjectOutput>> {
        let input = &request.input;
        self.bucket(&request)?;
        let mut context = context(&request)?;
        asks::version(&mut context, input.version_id.as_deref());
        let bypasses = input.bypass_governance_retention.unwrap_or_default();
        let checks = asks::delete_object(&input.bucket, &input.key, input.version_id.as_deref(), bypasses);
        self.ask(&request, &checks, context).await?;
        // AWS: what is not there is deleted with the same answer.
        if !self.records.has_object(&input.bucket, &input.key) {
            return Ok(S3Response::new(DeleteObjectOutput::default()));
        }
        self.there(&request, &input.bucket, &input.key, input.version_id.as_deref()).await?;
        let (bucket, key) = (input.bucket.clone(), input.key.clone());
        let response = self.files.delete_object(request).await?;
        self.forget_object(&bucket, &key)?;
        Ok(response)
    }

    /// AWS: each key is asked about; those that may not be deleted are errors of an answer that is 200.
    async fn delete_objects(
        &self,
        mut request: S3Request<DeleteObjectsInput>,
    ) -> S3Result<S3Response<DeleteObjectsOutput>> {
        let bucket = request.input.bucket.clone();
        self.bucket(&request)?;
        let objects = std::mem::take(&mut request.input.delete.objects);
        if objects.is_empty() || objects.len() > 1000 {
            return Err(s3_error!(
                MalformedXML,
                "The XML you provided was not well-formed or did not validate against our published schema"
            ));
        }
        let bypasses = request.input.bypass_governance_retention.unwrap_or_default();
        let (long, objects): (Vec<_>, Vec<_>) = objects.into_iter().partition(|object| object.key.len() > LONGEST_KEY);
        let too_long = s3_error!(KeyTooLongError, "Your key is too long");
        let mut errors: Vec<Error> = long.iter().map(|object| error_of(object, &too_long)).collect();
        let mut gone = Vec::new();
        for (versioned, objects) in by_version(objects) {
            let mut context = context(&request)?;
            asks::version(&mut context, versioned.as_deref());
            let asked =
                |object: &ObjectIdentifier| asks::delete_object(&bucket, &object.key, versioned.as_deref(), bypasses);
            let checks: Vec<Check> = objects.iter().flat_map(asked).collect();
            let verdicts = self.verdicts(&request, &checks, context).await?;
            let each = checks.len() / objects.len();
            for (object, verdicts) in objects.into_iter().zip(verdicts.chunks(each)) {
                match verdicts.iter().find(|verdict| !verdict.is_allowed()) {
                    Some(denied) => errors.push(error_of(&object, &words::denied(denied.aws_error()))),
                    None if versioned.as_deref().is_none_or(|version| version == "null") => gone.push(object),
                    None => errors
                        .push(error_of(&object, &s3_error!(NoSuchVersion, "The specified version does not exist."))),
                }
            }
        }
        let quiet = request.input.delete.quiet.unwrap_or_default();
        let (there, absent): (Vec<_>, Vec<_>) =
            gone.into_iter().partition(|object| self.records.has_object(&bucket, &object.key));
        let keys: Vec<String> = there.iter().map(|object| object.key.clone()).collect();
        request.input.delete.objects = there;
        let mut deleted = self.files.delete_objects(request).await?.output.deleted.unwrap_or_default();
        for key in keys {
            self.forget_object(&bucket, &key)?;
        }
        deleted.extend(absent.into_iter().map(|object| DeletedObject {
            key: Some(object.key),
            version_id: object.version_id,
            ..DeletedObject::default()
        }));
        Ok(S3Response::new(DeleteObjectsOutput {
            deleted: (!quiet).then_some(deleted),
            errors: Some(errors),
            ..DeleteObjectsOutput::default()
        }))
    }

    async fn get_object_tagging(
        &self,
        request: S3Request<GetObjectTaggingInput>,
    ) -> S3Result<S3Response<GetObjectTaggingOutput>> {
        let input = &request.input;
        self.bucket(&request)?;
        self.readable(&request, asks::GET_TAGGING, &input.bucket, &input.key, input.version_id.as_deref()).await?;
        let tags = self.records.tags(&input.bucket, &input.key).map_err(internal)?;
        Ok(S3Response::new(GetObjectTaggingOutput { tag_set: tags::as_set(tags), ..GetObjectTaggingOutput::default() }))
    }

    async fn put_object_tagging(
        &self,
        request: S3Request<PutObjectTaggingInput>,
    ) -> S3Result<S3Response<PutObjectTaggingOutput>> {
        let input = &request.input;
        self.bucket(&request)?;
        let brought = tags::of_set(&input.tagging.tag_set)?;
        let version = input.version_id.as_deref();
        let mut context = context(&request)?;
        asks::version(&mut context, version);
        asks::request_tags(&mut context, &brought);
        asks::existing_tags(&mut context, &self.records.tags(&input.bucket, &input.key).map_err(internal)?);
        self.ask(&request, &asks::on_object(asks::PUT_TAGGING, &input.bucket, &input.key, version), context).await?;
        self.there(&request, &input.bucket, &input.key, version).await?;
        self.records.set_tags(&input.bucket, &input.key, &brought).map_err(internal)?;
        Ok(S3Response::new(PutObjectTaggingOutput::default()))
    }

    async fn delete_object_tagging(
        &self,
        request: S3Request<DeleteObjectTaggingInput>,
    ) -> S3Result<S3Response<DeleteObjectTaggingOutput>> {
        let input = &request.input;
        self.bucket(&request)?;
        self.readable(&request, asks::DELETE_TAGGING, &input.bucket, &input.key, input.version_id.as_deref()).await?;
        self.records.set_tags(&input.bucket, &input.key, &Tags::new()).map_err(internal)?;
        Ok(S3Response::new(DeleteObjectTaggingOutput::default()))
    }

    async fn create_multipart_upload(
        &self,
        request: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        let input = &request.input;
        self.bucket(&request)?;
        let tags = tags::of_header(input.tagging.as_deref())?;
        self.writable(&request, &input.bucket, &input.key, &tags).await?;
        demand_room(records::has_name_for_upload(&input.bucket, &input.key))?;
        let (bucket, key) = (input.bucket.clone(), input.key.clone());
        let response = self.files.create_multipart_upload(request).await?;
        let id = response.output.upload_id.clone().unwrap_or_default();
        self.records.begin_upload(&bucket, &id, &Upload { key, tags }).map_err(internal)?;
        Ok(response)
    }

    async fn upload_part(&self, request: S3Request<UploadPartInput>) -> S3Result<S3Response<UploadPartOutput>> {
        let input = &request.input;
        self.bucket(&request)?;
        self.writable(&request, &input.bucket, &input.key, &Tags::new()).await?;
        self.upload(&input.bucket, &input.key, &input.upload_id)?;
        self.files.upload_part(request).await
    }

    async fn upload_part_copy(
        &self,
        request: S3Request<UploadPartCopyInput>,
    ) -> S3Result<S3Response<UploadPartCopyOutput>> {
        let input = &request.input;
        self.bucket(&request)?;
        let owner = input.expected_source_bucket_owner.as_ref();
        self.source(&request, &input.copy_source, owner, false, true).await?;
        self.writable(&request, &input.bucket, &input.key, &Tags::new()).await?;
        self.upload(&input.bucket, &input.key, &input.upload_id)?;
        self.files.upload_part_copy(request).await
    }

    async fn list_parts(&self, request: S3Request<ListPartsInput>) -> S3Result<S3Response<ListPartsOutput>> {
        let input = &request.input;
        self.bucket(&request)?;
        let check = Check::new("s3:ListMultipartUploadParts", asks::object_arn(&input.bucket, &input.key));
        self.ask(&request, &[check], context(&request)?).await?;
        self.upload(&input.bucket, &input.key, &input.upload_id)?;
        self.files.list_parts(request).await
    }

    async fn complete_multipart_upload(
        &self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        let input = &request.input;
        self.bucket(&request)?;
        self.writable(&request, &input.bucket, &input.key, &Tags::new()).await?;
        let Upload { key, tags } = self.upload(&input.bucket, &input.key, &input.upload_id)?;
        let (bucket, id) = (input.bucket.clone(), input.upload_id.clone());
        let response = self.files.complete_multipart_upload(request).await?;
        self.records.set_tags(&bucket, &key, &tags).map_err(internal)?;
        self.records.end_upload(&bucket, &id).map_err(internal)?;
        Ok(response)
    }

    async fn abort_multipart_upload(
        &self,
        request: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        let input = &request.input;
        self.bucket(&request)?;
        let check = Check::new("s3:AbortMultipartUpload", asks::object_arn(&input.bucket, &input.key));
        self.ask(&request, &[check], context(&request)?).await?;
        self.upload(&input.bucket, &input.key, &input.upload_id)?;
        let (bucket, id) = (input.bucket.clone(), input.upload_id.clone());
        let response = self.files.abort_multipart_upload(request).await?;
        self.records.end_upload(&bucket, &id).map_err(internal)?;
        Ok(response)
    }
}

macro_rules! of_bucket {
    ($($input:ident,)*) => {
        $(impl OfBucket for $input {
            fn bucket(&self) -> &str {
                &self.bucket
            }

            fn expected_owner(&self) -> Option<&String> {
                self.expected_bucket_owner.as_ref()
            }
        })*
    };
}

of_bucket! {
    AbortMultipartUploadInput,
    CompleteMultipartUploadInput,
    CopyObjectInput,
    CreateMultipartUploadInput,
    DeleteBucketInput,
    DeleteBucketPolicyInput,
    DeleteObjectInput,
    DeleteObjectTaggingInput,
    DeleteObjectsInput,
    GetBucketLocationInput,
    GetBucketPolicyInput,
    GetObjectInput,
    GetObjectTaggingInput,
    HeadBucketInput,
    HeadObjectInput,
    ListObjectsInput,
    ListObjectsV2Input,
    ListPartsInput,
    PutBucketPolicyInput,
    PutObjectInput,
    PutObjectTaggingInput,
    UploadPartCopyInput,
    UploadPartInput,
}

/// Whether headers of the answer shall not be those of the object.
// ATTACK: nobody in particular shall not make a page of somebody's picture.
fn overrides_headers(input: &GetObjectInput) -> bool {
    input.response_cache_control.is_some()
        || input.response_content_disposition.is_some()
        || input.response_content_encoding.is_some()
        || input.response_content_language.is_some()
        || input.response_content_type.is_some()
        || input.response_expires.is_some()
}

/// Objects whose requests have the same condition keys, together.
fn by_version(objects: Vec<ObjectIdentifier>) -> BTreeMap<Option<String>, Vec<ObjectIdentifier>> {
    let mut sorted: BTreeMap<Option<String>, Vec<ObjectIdentifier>> = BTreeMap::new();
    for object in objects {
        sorted.entry(object.version_id.clone()).or_default().push(object);
    }
    sorted
}

fn error_of(object: &ObjectIdentifier, error: &S3Error) -> Error {
    Error {
        code: Some(error.code().as_str().to_owned()),
        key: Some(object.key.clone()),
        message: error.message().map(str::to_owned),
        version_id: object.version_id.clone(),
    }
}
