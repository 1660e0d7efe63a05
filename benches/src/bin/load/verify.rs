//! How long the client takes to verify a signature by a key that was handed out, the product being there but not asked.

use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use local_sts::client::{Client, Received, Settings};
use local_sts::secret::Secret;
use local_sts::time::Timestamp;

use crate::Failure;
use crate::calls::user;
use crate::process::Server;
use crate::scene::{Scene, text};
use crate::sign::{self, Keys};

const REQUESTS: u32 = 20_000;
const RUNS: usize = 7;

/// Prints it for the key of a user and for that of a session.
pub fn measure(product: &Path, scene: &Scene) -> Result<(), Failure> {
    let data = scene.data(0);
    crate::remove(&data)?;
    let server = scene.start(product, &["--data-dir", &text(&data)?])?;
    let token = std::fs::read_to_string(data.join("companion.token"))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    println!("{:<10} {:>12}", "signed by", "verified, us");
    for (title, keys) in [("user", user()), ("session", scene.session(server.address)?)] {
        let best = runtime.block_on(best(&server, token.trim(), &keys))?;
        println!("{:<10} {:>12.2}", title, best.as_secs_f64() * 1e6);
    }
    server.stop()
}

async fn best(server: &Server, token: &str, keys: &Keys) -> Result<Duration, Failure> {
    let companion = server.companion.ok_or("the product has a companion")?;
    let settings = Settings {
        token: Some(Secret::new(token.to_owned())),
        ..Settings::for_service("s3", format!("http://{companion}").parse()?)
    };
    let client = Client::start(settings);
    client.ready(Duration::from_secs(5)).await?;
    while !client.verifies_locally() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let now = Timestamp::from_seconds(i64::try_from(now.as_secs())?);
    let headers = sign::get_object(sign::OBJECT, keys, now);
    let headers: Vec<(&str, &[u8])> = headers.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
    let request = Received { method: "GET", target: sign::OBJECT, headers: &headers, source_ip: None, tls: false };
    client.authenticate(&request).await?;
    let mut best = Duration::MAX;
    for _ in 0..RUNS {
        let begun = Instant::now();
        for _ in 0..REQUESTS {
            let caller = client.authenticate(&request).await?;
            let locally = caller.signer().is_some_and(local_sts::client::Signer::was_verified_locally);
            if !locally {
                return Err("it was asked about".into());
            }
        }
        best = best.min(begun.elapsed() / REQUESTS);
    }
    Ok(best)
}
