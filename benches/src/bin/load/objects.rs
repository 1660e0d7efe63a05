//! Throughput of GETs from the S3 server of `examples`, which asks the product, beside the same without a guard.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use local_sts::time::Timestamp;

use crate::calls::{SEED, user};
use crate::client::{self, Shape};
use crate::process::Server;
use crate::scene::{Scene, text};
use crate::sign::{self, Keys};
use crate::speed::{middle, run, wait_for_quiet};
use crate::{Failure, Objects};

const BUCKET: &str = "reports";
const TARGET: &str = "/reports/2026/january/q1.csv";
/// Longer than any run waits for the machine to become quiet.
const PATIENCE: u64 = 20;

/// Lets everybody of the seed read, so that the three differ in who asks and in nothing else.
const MAY_READ: &str = "
        policies:
          - name: read
            document:
              Version: \"2012-10-17\"
              Statement: [{ Effect: Allow, Action: [\"s3:GetObject\", \"sts:AssumeRole\"], Resource: \"*\" }]
";

/// Prints a line for each size and each way to ask.
pub fn measure(what: &Objects, product: &Path, scene: &Scene) -> Result<(), Failure> {
    let (data, seed, root) = (scene.file("data-objects"), scene.file("seed-objects.yaml"), scene.file("objects"));
    crate::remove(&data)?;
    crate::remove(&root)?;
    std::fs::write(&seed, seed_of_readers())?;
    let directory = root.join(BUCKET).join("2026/january");
    std::fs::create_dir_all(&directory)?;
    let (seed, data_text) = (text(&seed)?, text(&data)?);
    let sts = Server::product(product, &["--seed", &seed, "--data-dir", &data_text], &scene.file("product.log"))?;
    let companion = format!("http://{}", sts.companion.ok_or("the product has a companion")?);
    let (token, root) = (text(&data.join("companion.token"))?, text(&root)?);
    let arguments = ["--listen", "127.0.0.1:0", "--validator", &companion, "--token-file", &token];
    let more = ["--owner", "111122223333", "--log", "warn", &root];
    let gateway = Server::of_objects(&what.gateway, &[&arguments[..], &more].concat(), &scene.file("gateway.log"))?;
    let open = Server::of_objects(&what.open, &[&root], &scene.file("open.log"))?;
    let (user, session) = (user(), scene.session(sts.address)?);
    println!("{:>10}  {:<20} {:>10} {:>8} {:>9}", "bytes", "", "GET/s", "MiB/s", "of open");
    for &bytes in &what.bytes {
        std::fs::write(
            directory.join("q1.csv"),
            "2026-01-15,42\n".repeat(bytes / 14 + 1).get(..bytes).unwrap_or_default(),
        )?;
        let ways = [
            (&open, "open", None),
            (&gateway, "with a user's key", Some(&user)),
            (&gateway, "with a session", Some(&session)),
        ];
        let mut found = ways.map(|_| Vec::new());
        for _ in 0..what.times {
            for ((server, _, keys), found) in ways.iter().zip(&mut found) {
                wait_for_quiet(PATIENCE);
                found.push(per_second(what, server, *keys, bytes)?);
            }
        }
        let found = found.map(middle);
        for ((_, title, _), each) in ways.iter().zip(found) {
            let mebibytes = each * bytes as f64 / 1024.0 / 1024.0;
            println!("{bytes:>10}  {title:<20} {each:>10.0} {mebibytes:>8.0} {:>9.3}", each / found[0]);
        }
    }
    drop(open);
    gateway.stop()?;
    sts.stop()
}

fn per_second(what: &Objects, server: &Server, keys: Option<&Keys>, bytes: usize) -> Result<f64, Failure> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let request = sign::object(TARGET, keys, Timestamp::from_seconds(i64::try_from(now.as_secs())?));
    let shape = Shape::of_object(&client::ask(server.address, &request)?, bytes)?;
    Ok(run(server, server.address, vec![request; what.connections], &shape, what.seconds)?.per_second)
}

fn seed_of_readers() -> String {
    let (users, roles) = SEED.split_once("    roles:").unwrap_or((SEED, ""));
    let (user, _) = users.split_once("\n        policies:").unwrap_or((users, ""));
    format!("{user}{MAY_READ}    roles:{}{}", roles.trim_end(), MAY_READ)
}
