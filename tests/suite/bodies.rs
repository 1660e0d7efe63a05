//! Bodies as they arrive: aws-chunked vectors of AWS's own signer (`fixtures/sigv4-chunked`), AWS's printed examples,
//! each spoiled in every bit and cut at every byte, and tables of what is malformed.

#![expect(clippy::expect_used, clippy::panic, reason = "the helpers of a test may panic")]

use std::fs;
use std::path::Path;

use local_sts::secret::SecretAccessKey;
use local_sts::sigv4::{
    self, Body, Chain, Declared, Form, LARGEST_SIGNED_CHUNK, Parts, PayloadClaim, PayloadFault, PayloadHash,
    PayloadMode, SigningKey, Standing, Style, Whole,
};
use local_sts::time::{Moment, Timestamp};
use proptest::prelude::*;

use crate::support::{hex, throw};
use sha2::{Digest, Sha256};

// --- Uploads as they are ---------------------------------------------------------------------------------------------

#[test]
fn what_the_official_signer_signed_is_handed_on_in_any_portions() {
    let uploads = uploads();
    assert!(uploads.len() > 8, "the fixtures are there");
    for upload in &uploads {
        let wire = upload.wire();
        for portion in [1, 2, 7, 100, 8191, 8192, 65_536, usize::MAX] {
            let came = upload.judge(&wire, portion);
            let whole = came.verdict.unwrap_or_else(|fault| panic!("{} by {portion}: {fault:?}", upload.name));
            assert_eq!(came.bytes, upload.content(), "{} by {portion}", upload.name);
            assert_eq!(whole.length(), came.bytes.len() as u64, "{}", upload.name);
            assert_eq!(whole.is_signed(), upload.is_signed(), "{}", upload.name);
            let standing = if upload.is_signed() { Standing::Proven } else { Standing::Unsigned };
            assert!(came.standings.iter().all(|other| *other == standing), "{}", upload.name);
            let trailers: Vec<String> =
                whole.trailers().map(|(name, value)| format!("{name}:{}", value.trim())).collect();
            assert_eq!(trailers, upload.trailers.iter().map(|line| trimmed(line)).collect::<Vec<_>>());
        }
    }
}

/// AWS: the examples of the manual's two pages on chunked uploads, with the signatures printed there.
#[test]
fn the_printed_examples_of_aws_are_proven() {
    let plain = Upload::printed(
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
        [
            "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
            "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
            "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
        ],
    );
    let mut trailed = Upload::printed(
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
        "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
        [
            "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
            "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
            "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
        ],
    );
    trailed.trailers = vec!["x-amz-checksum-crc32c:sOO8/Q==".to_owned()];
    trailed.trailer_signature = Some("d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435".to_owned());
    for upload in [plain, trailed] {
        let came = upload.judge(&upload.wire(), 4096);
        assert!(came.verdict.is_ok(), "{}: {:?}", upload.name, came.verdict);
        assert_eq!(came.bytes, vec![b'a'; 66_560], "{}", upload.name);
    }
}

#[test]
fn line_ends_of_other_clients_around_trailers_are_passed_over() {
    for upload in uploads().iter().filter(|upload| !upload.trailers.is_empty()) {
        let signature = upload.trailer_signature.as_ref().map(|text| format!("x-amz-trailer-signature:{text}\r\n"));
        let (trailers, signature) = (upload.trailers.join("\n"), signature.unwrap_or_default());
        let end = if signature.is_empty() { "" } else { "\r\n" };
        for tail in [
            format!("{trailers}\n\r\n{signature}{end}"),
            format!("\r\n{trailers}\r\n{signature}\r\n"),
            format!("{trailers}\r\n{signature}"),
            format!("{trailers}\n{signature}\n"),
        ] {
            let wire = [upload.chunks().concat(), tail.clone().into_bytes()].concat();
            let came = upload.judge(&wire, 50);
            assert!(came.verdict.is_ok(), "{} {tail:?}: {:?}", upload.name, came.verdict);
        }
    }
}

#[test]
fn a_body_whose_hash_is_signed_is_pending_until_its_end() {
    let hash = hex(&Sha256::digest(b"hello"));
    let headers = [("x-amz-content-sha256", hash.as_bytes())];
    let declared = Declared::of(&put(&headers), Some(Form::Header)).expect("declared");
    let judge = |body: &[u8]| judge(&declared, None, body, 2);
    let came = judge(b"hello");
    assert_eq!(came.standings, [Standing::Pending; 3]);
    let whole = came.verdict.expect("the same body");
    assert_eq!((whole.length(), whole.is_signed(), whole.trailers().count()), (5, true, 0));
    for other in [&b"hellp"[..], b"hell", b"hello!", b""] {
        let fault = judge(other).verdict.expect_err("another body");
        assert!(
            matches!(fault, PayloadFault::HashMismatch { came, .. } if came == <[u8; 32]>::from(Sha256::digest(other)))
        );
    }
}

#[test]
fn an_unsigned_body_is_handed_on_as_such() {
    for form in [None, Some(Form::Query)] {
        let declared = Declared::of(&put(&[]), form).expect("declared");
        let came = judge(&declared, None, b"anything", 3);
        assert_eq!(came.standings, [Standing::Unsigned; 3], "{form:?}");
        assert_eq!(came.verdict.map(|whole| (whole.length(), whole.is_signed())), Ok((8, false)), "{form:?}");
    }
}

// --- Uploads spoiled -------------------------------------------------------------------------------------------------

/// Whatever is wrong, what is handed on as proven is the beginning of what was signed.
#[track_caller]
fn check_spoiled(upload: &Upload, wire: &[u8], what: &str, fault: Option<&PayloadFault>) {
    for portion in [13, usize::MAX] {
        let came = upload.judge(wire, portion);
        let found = came.verdict.expect_err(what);
        assert!(upload.content().starts_with(&came.bytes), "{}: {what}", upload.name);
        if let Some(fault) = fault {
            assert_eq!(&found, fault, "{}: {what}", upload.name);
        }
    }
}

#[test]
fn no_bit_of_a_signed_upload_can_be_changed() {
    for upload in uploads().iter().filter(|upload| upload.is_signed()) {
        let (wire, frames, content) = (upload.wire(), upload.frames(), upload.content());
        let (declared, chain) = (upload.declared(), upload.chain());
        // All bits of the frames, and some of each chunk.
        let step = if wire.len() > 1000 { 997 } else { 1 };
        let (mut at, mut flips) = (0, 0);
        while at < wire.len() {
            for bit in 0..8 {
                let mut spoiled = wire.clone();
                spoiled[at] ^= 1 << bit;
                let came = judge(&declared, Some(chain.clone()), &spoiled, usize::MAX);
                // Sizes and the names of trailers may be written in capitals.
                let harmless = frames[at] && spoiled.eq_ignore_ascii_case(&wire);
                assert!(came.verdict.is_err() || harmless, "{}: bit {bit} of byte {at}", upload.name);
                assert!(content.starts_with(&came.bytes), "{}: bit {bit} of byte {at}", upload.name);
                flips += 1;
            }
            at += if frames[at] { 1 } else { step };
        }
        assert!(flips > 500, "{flips} bits of {}", upload.name);
    }
}

#[test]
fn an_upload_that_ends_early_is_refused_wherever_it_ends() {
    for upload in uploads() {
        let (wire, frames, content) = (upload.wire(), upload.frames(), upload.content());
        let (declared, chain) = (upload.declared(), upload.chain());
        for length in (0..wire.len()).filter(|length| frames[*length] || length % 331 == 0) {
            let came = judge(&declared, Some(chain.clone()), &wire[..length], usize::MAX);
            // The blank line behind trailers is not missed.
            let whole = declared.mode().has_trailers() && length == wire.len() - 2;
            assert_eq!(came.verdict.is_ok(), whole, "{}: {length} of {}", upload.name, wire.len());
            assert!(content.starts_with(&came.bytes), "{}: {length}", upload.name);
        }
    }
}

#[test]
fn chunks_in_another_order_or_number_are_refused() {
    let upload = upload("signed-trailer");
    let (chunks, tail) = (upload.chunks(), upload.tail());
    let [one, two, three, last] = &chunks[..] else { panic!("four chunks") };
    let mismatch = Some(&PayloadFault::ChunkMismatch);
    for (what, order, fault) in [
        ("swapped", vec![two, one, three, last], mismatch),
        ("the first twice", vec![one, one, three, last], mismatch),
        ("the first lost", vec![two, three, last], mismatch),
        ("the middle lost", vec![one, three, last], mismatch),
        ("the last lost", vec![one, two, last], None),
        ("the end lost", vec![one, two, three], Some(&PayloadFault::BadChunk)),
        ("the end twice", vec![one, two, three, last, last], None),
        ("nothing but the end", vec![last], None),
    ] {
        let wire: Vec<u8> = order.into_iter().chain([&tail]).flatten().copied().collect();
        check_spoiled(&upload, &wire, what, fault);
    }
    let cut: Vec<u8> = [one, two, three].into_iter().flatten().copied().collect();
    check_spoiled(&upload, &cut, "no end at all", Some(&PayloadFault::Incomplete));
    let after = [upload.wire(), b"x".to_vec()].concat();
    check_spoiled(&upload, &after, "more behind the end", Some(&PayloadFault::AfterEnd));
}

#[test]
fn a_chunk_of_another_upload_or_key_is_refused() {
    let upload = upload("signed");
    let mut forged = upload.clone();
    forged.chunks[1].1 = Some("0".repeat(64));
    check_spoiled(&upload, &forged.wire(), "a forged signature", Some(&PayloadFault::ChunkMismatch));
    let other = self::upload("signed-trailer");
    let foreign = [other.chunks()[0].clone(), upload.chunks()[1..].concat()].concat();
    check_spoiled(&upload, &foreign, "the first chunk of another", Some(&PayloadFault::ChunkMismatch));
    // The same bytes, the same size: only the chain tells them apart.
    let came = judge(&upload.declared(), Some(other.chain()), &upload.wire(), usize::MAX);
    assert_eq!(came.verdict, Err(PayloadFault::ChunkMismatch));
}

#[test]
fn trailers_are_what_was_announced_and_signed() {
    let upload = upload("signed-trailer");
    let chunks = upload.chunks().concat();
    let (line, signature) = (&upload.trailers[0], upload.trailer_signature.as_ref().expect("signed"));
    let (sum, signed) = (format!("{line}\r\n"), format!("x-amz-trailer-signature:{signature}\r\n"));
    let not_announced = |name: &str| PayloadFault::TrailerNotAnnounced { name: name.into() };
    for (what, tail, fault) in [
        ("another value", format!("{line}x\r\n{signed}\r\n"), PayloadFault::TrailerMismatch),
        (
            "a forged signature",
            format!("{sum}{}\r\n", signed.replace(&signature[..4], "0000")),
            PayloadFault::TrailerMismatch,
        ),
        (
            "a short signature",
            format!("{sum}{}\r\n", signed.replace(&signature[..4], "")),
            PayloadFault::TrailerMismatch,
        ),
        (
            "another name",
            format!("x-amz-checksum-crc32:{}\r\n{signed}\r\n", &line[22..]),
            not_announced("x-amz-checksum-crc32"),
        ),
        ("one more", format!("{sum}x-amz-more:1\r\n{signed}\r\n"), not_announced("x-amz-more")),
        ("twice", format!("{sum}{sum}{signed}\r\n"), PayloadFault::BadTrailer),
        ("behind the signature", format!("{sum}{signed}x-amz-more:1\r\n\r\n"), PayloadFault::BadTrailer),
        ("the signature first", format!("{signed}{sum}\r\n"), PayloadFault::TrailerMissing),
        ("no signature", format!("{sum}\r\n"), PayloadFault::Incomplete),
        ("only the signature", format!("{signed}\r\n"), PayloadFault::TrailerMissing),
        ("nothing", "\r\n".to_owned(), PayloadFault::Incomplete),
        ("blank lines", "\r\n".repeat(9), PayloadFault::TrailerMissing),
        ("no colon", format!("{}\r\n{signed}\r\n", line.replace(':', "=")), PayloadFault::BadTrailer),
        ("a control character", format!("{line}\x01\r\n{signed}\r\n"), PayloadFault::BadTrailer),
        ("a long line", format!("{line}{}\r\n{signed}\r\n", "=".repeat(2000)), PayloadFault::BadTrailer),
    ] {
        check_spoiled(&upload, &[&chunks, tail.as_bytes()].concat(), what, Some(&fault));
    }
    let unsigned = self::upload("unsigned-trailer");
    let chunks = unsigned.chunks().concat();
    for (what, tail, fault) in [
        ("nothing", "\r\n".to_owned(), PayloadFault::Incomplete),
        ("a signature", format!("{sum}{signed}\r\n"), not_announced("x-amz-trailer-signature")),
        ("another name", "x-amz-checksum-crc32:AAAA\r\n\r\n".to_owned(), not_announced("x-amz-checksum-crc32")),
    ] {
        check_spoiled(&unsigned, &[&chunks, tail.as_bytes()].concat(), what, Some(&fault));
    }
}

// --- What is malformed -----------------------------------------------------------------------------------------------

#[track_caller]
fn check_frames(length: &str, wire: &str, verdict: Result<&str, PayloadFault>) {
    let headers = [
        ("x-amz-content-sha256", &b"STREAMING-UNSIGNED-PAYLOAD-TRAILER"[..]),
        ("x-amz-decoded-content-length", length.as_bytes()),
    ];
    let declared = Declared::of(&put(&headers), None).expect("declared");
    for portion in [1, 3, usize::MAX] {
        let came = judge(&declared, None, wire.as_bytes(), portion);
        match (&came.verdict, &verdict) {
            (Ok(_), Ok(content)) => assert_eq!(came.bytes, content.as_bytes(), "{wire:?}"),
            (found, expected) => assert_eq!(found.as_ref().err(), expected.as_ref().err(), "{wire:?}"),
        }
    }
}

#[test]
fn frames_are_read_strictly() {
    let wrong = |declared, came| Err(PayloadFault::WrongLength { declared, came });
    let bad = || Err(PayloadFault::BadChunk);
    check_frames("5", "5\r\nhello\r\n0\r\n\r\n", Ok("hello"));
    check_frames("0", "0\r\n\r\n", Ok(""));
    check_frames("5", "0005\r\nhello\r\n00\r\n\r\n", Ok("hello"));
    check_frames("10", "A\r\n0123456789\r\n0\r\n\r\n", Ok("0123456789"));
    check_frames("10", "a\r\n0123456789\r\n0\r\n\r\n", Ok("0123456789"));
    for opening in [
        "",
        " 5",
        "5 ",
        "+5",
        "-5",
        "0x5",
        "5g",
        "5;",
        "5;x=1",
        "5;chunk-signature=0",
        ";chunk-signature=0",
        "5,",
        "00000000000000005",
        "\r",
        "5\r",
    ] {
        check_frames("5", &format!("{opening}\r\nhello\r\n0\r\n\r\n"), bad());
    }
    check_frames("5", "5\nhello\r\n0\r\n\r\n", bad());
    check_frames("5", "5\r\nhello\n0\r\n\r\n", bad());
    check_frames("5", "5\r\nhello0\r\n\r\n", bad());
    check_frames("5", "5\r\nhello!\r\n0\r\n\r\n", bad());
    check_frames("5", "6\r\nhello\r\n0\r\n\r\n", wrong(5, 6));
    check_frames("6", "5\r\nhello\r\n0\r\n\r\n", wrong(6, 5));
    check_frames("5", "ffffffffffffffff\r\nhello\r\n0\r\n\r\n", wrong(5, u64::MAX));
    check_frames("10", "5\r\nhello\r\n5\r\nhello\r\n0\r\n\r\n", Err(PayloadFault::ChunkTooSmall { size: 5 }));
    check_frames("5", "5\r\nhello\r\n0\r\n\r\n\r\n", Err(PayloadFault::AfterEnd));
    let body = "5\r\nhello\r\n0\r\nx-a:1\r\n\r\n";
    check_frames("5", body, Err(PayloadFault::TrailerNotAnnounced { name: "x-a".into() }));
    check_frames("5", "5\r\nhello\r\n0\r\n\r", Err(PayloadFault::Incomplete));
    check_frames("5", "5\r\nhello\r\n0\r\n", Ok("hello"));
    check_frames("5", "5\r\nhello\r\n0", Err(PayloadFault::Incomplete));
    check_frames("5", "5\r\nhell", Err(PayloadFault::Incomplete));
    check_frames("5", &"5".repeat(5000), bad());
}

#[test]
fn a_chunk_that_is_too_large_to_be_held_is_refused_before_it_comes() {
    let upload = upload("signed-one");
    let mut larger = upload.clone();
    larger.set("x-amz-decoded-content-length", &u64::MAX.to_string());
    for size in [LARGEST_SIGNED_CHUNK + 1, u64::MAX] {
        let wire = format!("{size:x};chunk-signature={}\r\n", "0".repeat(64));
        let came = judge(&larger.declared(), Some(upload.chain()), wire.as_bytes(), 5);
        assert_eq!(came.verdict, Err(PayloadFault::ChunkTooLarge { size, most: LARGEST_SIGNED_CHUNK }));
    }
}

#[test]
fn a_fault_is_repeated_and_nothing_more_is_handed_on() {
    let upload = upload("signed-one");
    let mut body = Body::new(&upload.declared(), Some(upload.chain())).expect("a chain");
    let mut nothing = |piece: sigv4::Piece<'_>| panic!("{piece:?}");
    assert_eq!(body.push(b"x\r\n", &mut nothing), Err(PayloadFault::BadChunk));
    assert_eq!(body.push(&upload.wire(), &mut nothing), Err(PayloadFault::BadChunk));
    assert_eq!(body.finish(), Err(PayloadFault::BadChunk));
}

// --- What a request says of its body ---------------------------------------------------------------------------------

#[test]
fn the_mode_is_what_the_header_says() {
    use PayloadMode::{Sha256, StreamingSigned, StreamingSignedTrailer, StreamingUnsignedTrailer, Unsigned};
    for (text, mode) in [
        ("UNSIGNED-PAYLOAD", Some(Unsigned)),
        ("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", Some(StreamingSigned)),
        ("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", Some(StreamingSignedTrailer)),
        ("STREAMING-UNSIGNED-PAYLOAD-TRAILER", Some(StreamingUnsignedTrailer)),
        ("0123456789abcdef0123456789abcdef0123456789ABCDEF0123456789abcdef", Some(Sha256)),
        ("unsigned-payload", None),
        ("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", None),
        ("STREAMING-UNSIGNED-PAYLOAD", None),
        ("0123456789abcdef", None),
        ("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdeg", None),
        ("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde", None),
        ("UNSIGNED-PAYLOAD,UNSIGNED-PAYLOAD", None),
        ("", None),
    ] {
        assert_eq!(PayloadClaim::parse(text).map(|claim| claim.mode), mode, "{text}");
    }
}

#[track_caller]
fn check_declared(form: Option<Form>, query: &str, headers: &[(&str, &str)], verdict: Result<&str, PayloadFault>) {
    let headers: Vec<(&str, &[u8])> = headers.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
    let parts = Parts { query, ..put(&headers) };
    let declared = Declared::of(&parts, form);
    let found = declared.as_ref().map(|declared| match declared.payload_hash() {
        PayloadHash::Literal(text) => text,
        other @ PayloadHash::Sha256(_) => panic!("{other:?}"),
    });
    assert_eq!(found, verdict.as_ref().map(|text| *text), "{form:?} {query} {headers:?}");
}

#[test]
fn what_is_said_of_a_body_stands_in_headers_and_for_presigned_urls_in_the_query() {
    const SHA: &str = "x-amz-content-sha256";
    const LENGTH: &str = "x-amz-decoded-content-length";
    const CHUNKS: (&str, &str) = (SHA, "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
    let unsigned = Ok("UNSIGNED-PAYLOAD");
    let unknown = |got: &str| Err(PayloadFault::UnknownMode { got: got.into() });
    let length = |got: &str| Err(PayloadFault::BadLength { got: got.into() });
    check_declared(None, "", &[], unsigned.clone());
    check_declared(Some(Form::Query), "", &[], unsigned.clone());
    check_declared(Some(Form::Header), "", &[], Err(PayloadFault::HashNotGiven));
    check_declared(Some(Form::Header), "X-Amz-Content-Sha256=UNSIGNED-PAYLOAD", &[], Err(PayloadFault::HashNotGiven));
    check_declared(Some(Form::Query), "X-Amz-Content-Sha256=UNSIGNED-PAYLOAD", &[(SHA, "x")], unsigned.clone());
    check_declared(Some(Form::Query), "", &[(SHA, "x")], unknown("x"));
    check_declared(Some(Form::Header), "", &[(SHA, " UNSIGNED-PAYLOAD ")], unsigned);
    check_declared(Some(Form::Header), "", &[(SHA, "UNSIGNED-PAYLOAD"), (SHA, "x")], unknown("UNSIGNED-PAYLOAD,x"));
    check_declared(Some(Form::Header), "", &[CHUNKS], Err(PayloadFault::LengthNotGiven));
    check_declared(Some(Form::Header), "", &[CHUNKS, (LENGTH, "10")], Ok(CHUNKS.1));
    for text in ["", "-1", "+1", "1.0", "1 1", "0x1", "99999999999999999999"] {
        check_declared(Some(Form::Header), "", &[CHUNKS, (LENGTH, text)], length(text));
    }
    check_declared(Some(Form::Header), "", &[CHUNKS, (LENGTH, "1"), (LENGTH, "1")], length("1,1"));
    let trailer = |names: &'static str| [CHUNKS, (LENGTH, "1"), ("x-amz-trailer", names)];
    check_declared(None, "", &trailer("x-amz-checksum-crc32, x-amz-meta-a"), Ok(CHUNKS.1));
    check_declared(None, "", &trailer("x-amz checksum"), Err(PayloadFault::BadAnnouncement));
    check_declared(None, "", &trailer("a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a"), Err(PayloadFault::BadAnnouncement));
}

#[test]
fn signed_chunks_need_a_signed_request() {
    let upload = upload("signed-one");
    assert_eq!(Body::new(&upload.declared(), None).err(), Some(PayloadFault::NoSignature));
}

#[test]
fn no_hostile_body_proves_anything_without_the_key() {
    let scene = || upload("signed-trailer");
    throw("bodies in chunks", 256, (wire(), 1..50_usize), scene, |upload, (wire, portion)| {
        let came = upload.judge(&wire, portion);
        prop_assert!(came.verdict.is_err());
        prop_assert!(came.bytes.is_empty());
        Ok(())
    });
}

/// Bytes that are near to frames.
fn wire() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"0;chunk-signature=".to_vec()),
        Just(b"2000;chunk-signature=".to_vec()),
        Just([b'0'; 64].to_vec()),
        Just(b"\r\n".to_vec()),
        Just(vec![b'a'; 8192]),
        proptest::collection::vec(any::<u8>(), 0..20),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

// --- The bench -------------------------------------------------------------------------------------------------------

/// What came out of a body.
struct Came {
    bytes: Vec<u8>,
    standings: Vec<Standing>,
    verdict: Result<Whole, PayloadFault>,
}

/// Pushes a body in portions of so many bytes.
fn judge(declared: &Declared, chain: Option<Chain>, wire: &[u8], portion: usize) -> Came {
    let mut body = Body::new(declared, chain).expect("a chain if it is needed");
    let (mut bytes, mut standings) = (Vec::new(), Vec::new());
    for portion in wire.chunks(portion.min(wire.len()).max(1)) {
        let pushed = body.push(portion, &mut |piece| {
            assert!(!piece.bytes.is_empty(), "no piece is empty");
            bytes.extend_from_slice(&piece.bytes);
            standings.push(piece.standing);
        });
        if let Err(fault) = pushed {
            return Came { bytes, standings, verdict: Err(fault) };
        }
    }
    Came { bytes, standings, verdict: body.finish() }
}

fn put<'a>(headers: &'a [(&'a str, &'a [u8])]) -> Parts<'a> {
    Parts { method: "PUT", path: "/key", query: "", headers }
}

fn trimmed(line: &str) -> String {
    let (name, value) = line.split_once(':').expect("name:value");
    format!("{name}:{}", value.trim())
}

/// A file of `fixtures/sigv4-chunked`.
#[derive(Clone)]
struct Upload {
    name: String,
    path: String,
    headers: Vec<(String, String)>,
    secret: String,
    region: String,
    signed_at: String,
    /// Sizes and signatures, the empty one at the end included.
    chunks: Vec<(usize, Option<String>)>,
    trailers: Vec<String>,
    trailer_signature: Option<String>,
    byte: fn(usize) -> u8,
}

fn uploads() -> Vec<Upload> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/sigv4-chunked");
    let entries = fs::read_dir(&directory).expect("fixtures/sigv4-chunked");
    entries.map(|entry| Upload::read(&entry.expect("an entry").path())).collect()
}

fn upload(name: &str) -> Upload {
    uploads().into_iter().find(|upload| upload.name == name).unwrap_or_else(|| panic!("no {name}"))
}

impl Upload {
    fn read(file: &Path) -> Self {
        let text = fs::read_to_string(file).expect("a file");
        let (head, rest) = text.split_once("\n\n").expect("an empty line");
        let mut lines = head.lines();
        let path = lines.next().and_then(|line| line.split(' ').nth(1)).expect("a target").to_owned();
        let pair = |line: &str| line.split_once(':').map(|(name, value)| (name.to_owned(), value.to_owned()));
        let rest: Vec<(&str, &str)> = rest.lines().map(|line| line.split_once(": ").expect("name: value")).collect();
        let all = |wanted: &'static str| rest.iter().filter(move |(name, _)| *name == wanted).map(|(_, value)| *value);
        let one = |wanted: &'static str| all(wanted).next().expect(wanted).to_owned();
        let chunk = |text: &str| {
            let (size, signature) = text.split_once(' ').map_or((text, None), |(size, rest)| (size, Some(rest.into())));
            (size.parse().expect("a size"), signature)
        };
        Self {
            name: file.file_stem().expect("a name").to_string_lossy().into_owned(),
            path,
            headers: lines.map(|line| pair(line).expect("name:value")).collect(),
            secret: one("secret"),
            region: one("region"),
            signed_at: one("signed-at"),
            chunks: all("chunk").map(chunk).collect(),
            trailers: rest.iter().filter(|(name, _)| *name == "trailer").map(|(_, line)| (*line).to_owned()).collect(),
            trailer_signature: all("trailer-signature").next().map(str::to_owned),
            byte: |at| b'a' + u8::try_from(at % 23).expect("small"),
        }
    }

    /// AWS's example: 65 KiB of the letter a, to its example bucket with its example key.
    fn printed(mode: &str, seed: &str, signatures: [&str; 3]) -> Self {
        let trailer = mode.ends_with("TRAILER");
        let names = if trailer { ";x-amz-trailer" } else { "" };
        let length = if trailer { "" } else { "content-length;" };
        let list = format!(
            "content-encoding;{length}host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class{names}"
        );
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders={list},Signature={seed}"
        );
        let mut headers = vec![
            ("host", "s3.amazonaws.com"),
            ("x-amz-date", "20130524T000000Z"),
            ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
            ("authorization", &authorization),
            ("x-amz-content-sha256", mode),
            ("content-encoding", "aws-chunked"),
            ("x-amz-decoded-content-length", "66560"),
            ("content-length", "66824"),
        ];
        if trailer {
            headers.push(("x-amz-trailer", "x-amz-checksum-crc32c"));
        }
        let sizes = [65_536, 1024, 0];
        Self {
            name: mode.to_owned(),
            path: "/examplebucket/chunkObject.txt".to_owned(),
            headers: headers.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned(),
            region: "us-east-1".to_owned(),
            signed_at: "20130524T000000Z".to_owned(),
            chunks: sizes.into_iter().zip(signatures.map(|text| Some(text.to_owned()))).collect(),
            trailers: Vec::new(),
            trailer_signature: None,
            byte: |_| b'a',
        }
    }

    fn is_signed(&self) -> bool {
        self.chunks.iter().all(|(_, signature)| signature.is_some())
    }

    fn content(&self) -> Vec<u8> {
        let length = self.chunks.iter().map(|(size, _)| size).sum();
        (0..length).map(self.byte).collect()
    }

    /// Each chunk as it goes over the wire; the last one without the line that ends a body.
    fn chunks(&self) -> Vec<Vec<u8>> {
        let mut from = 0;
        let chunk = |(size, signature): &(usize, Option<String>)| {
            let extension = signature.as_ref().map(|text| format!(";chunk-signature={text}")).unwrap_or_default();
            let data: Vec<u8> = (from..from + size).map(self.byte).collect();
            from += size;
            let end: &[u8] = if *size > 0 { b"\r\n" } else { b"" };
            [format!("{size:x}{extension}\r\n").as_bytes(), &data, end].concat()
        };
        self.chunks.iter().map(chunk).collect()
    }

    fn tail(&self) -> Vec<u8> {
        let trailers = self.trailers.iter().map(|line| format!("{line}\r\n"));
        let signature = self.trailer_signature.iter().map(|text| format!("x-amz-trailer-signature:{text}\r\n"));
        trailers.chain(signature).chain(["\r\n".to_owned()]).collect::<String>().into_bytes()
    }

    fn wire(&self) -> Vec<u8> {
        [self.chunks().concat(), self.tail()].concat()
    }

    /// Of each byte, whether it is none of the content.
    fn frames(&self) -> Vec<bool> {
        let mut frames = Vec::new();
        for (chunk, (size, _)) in self.chunks().iter().zip(&self.chunks) {
            let end = if *size > 0 { 2 } else { 0 };
            frames.extend(vec![true; chunk.len() - size - end]);
            frames.extend(vec![false; *size]);
            frames.extend(vec![true; end]);
        }
        frames.extend(vec![true; self.tail().len()]);
        frames
    }

    fn set(&mut self, name: &str, value: &str) {
        let (_, place) = self.headers.iter_mut().find(|(other, _)| other == name).expect("the header");
        value.clone_into(place);
    }

    fn with_parts<T>(&self, run: impl FnOnce(Parts<'_>) -> T) -> T {
        let headers: Vec<(&str, &[u8])> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        run(Parts { method: "PUT", path: &self.path, query: "", headers: &headers })
    }

    fn declared(&self) -> Declared {
        self.with_parts(|parts| Declared::of(&parts, Some(Form::Header)).expect("declared"))
    }

    /// The chain that starts at the signature of the head.
    fn chain(&self) -> Chain {
        let day = &self.signed_at[..8];
        let key = SigningKey::derive(&SecretAccessKey::new(self.secret.clone()), day, &self.region, "s3");
        let moment = Moment::unsteered(Timestamp::parse_basic(&self.signed_at).expect("a date"));
        self.with_parts(|parts| {
            let claim = sigv4::parse(&parts).expect("the syntax").expect("a signature").in_time(&moment);
            let scoped = claim.expect("in time").scoped_to("s3", |_| true).expect("the scope");
            let declared = Declared::of(&parts, Some(Form::Header)).expect("declared");
            scoped.verify(&declared.payload_hash(), Style::S3, &key).expect("the seed").chain(&key)
        })
    }

    fn judge(&self, wire: &[u8], portion: usize) -> Came {
        judge(&self.declared(), Some(self.chain()), wire, portion)
    }
}
