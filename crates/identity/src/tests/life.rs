//! A grant over time: fetched ahead by one, kept while it holds, never used after.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use super::scripted::{Answer, World, bearer, client, client_of, pass};
use crate::{IdentityError, Kind};

#[tokio::test(start_paused = true)]
async fn a_token_is_fetched_once_for_many_who_wait() {
    let world = World::new(|_, _| Ok(Answer::token("t", 3600).after(3)));
    let identity = world.identity(client(), &[]);
    let waiting: Vec<_> = (0..50)
        .map(|_| {
            let identity = Arc::clone(&identity);
            tokio::spawn(async move { identity.grant().await.map(|grant| bearer(&grant)) })
        })
        .collect();
    for task in waiting {
        assert_eq!(task.await.unwrap().unwrap(), "Bearer t");
    }
    assert_eq!(world.seen().len(), 1);
    pass(1000).await;
    assert_eq!(world.seen().len(), 1, "and it is kept");
}

#[tokio::test(start_paused = true)]
async fn a_token_is_refreshed_ahead_without_anybody_waiting() {
    let world = World::new(|number, _| Ok(Answer::token(&format!("t{number}"), 3600).after(5)));
    let identity = world.identity(client(), &[]);
    identity.begin();
    pass(10).await;
    assert_eq!(bearer(&identity.current().unwrap()), "Bearer t0");
    // Ten minutes before the end, and meanwhile there is always one that holds.
    for _ in 0..2 * 3600 {
        pass(1).await;
        assert!(identity.current().is_some());
    }
    assert_eq!(world.seen().len(), 3);
    assert_eq!(bearer(&identity.current().unwrap()), "Bearer t2");
}

/// gateway.md 9.7, of Azure in 3.8: the token was never rotated again after a network failure.
#[tokio::test(start_paused = true)]
async fn after_a_network_failure_the_token_is_rotated_again() {
    let world = World::new(|number, _| match number {
        0 => Ok(Answer::token("t0", 3600)),
        1..=5 => Err("no connection"),
        _ => Ok(Answer::token("t1", 3600)),
    });
    let identity = world.identity(client(), &[]);
    assert_eq!(bearer(&identity.grant().await.unwrap()), "Bearer t0");
    pass(3000 + 3).await;
    assert!(world.seen().len() > 1, "the refresh failed");
    assert_eq!(bearer(&identity.current().unwrap()), "Bearer t0", "what holds still is kept");
    pass(60).await;
    assert_eq!(bearer(&identity.current().unwrap()), "Bearer t1");
    assert_eq!(world.seen().len(), 7, "with pauses that grow");
}

/// 3.13.0.7, 3.14.0.7: tokens were cached for ever, whatever their lifetime was.
#[tokio::test(start_paused = true)]
async fn no_token_is_kept_for_ever() {
    let world = World::new(|number, _| match number {
        0 => Ok(Answer::token("t0", 99_999_999_999)),
        _ => Ok(Answer::new(500, "")),
    });
    let identity = world.identity(client(), &[]);
    identity.grant().await.unwrap();
    // Not even one that says so of itself.
    tokio::time::sleep(Duration::from_hours(25)).await;
    assert!(identity.current().is_none());
}

/// 3.14.0.8: an expired token was used again now and then.
#[tokio::test(start_paused = true)]
async fn an_expired_token_is_used_by_nobody() {
    let broken = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&broken);
    let world = World::new(move |number, _| {
        if seen.load(Ordering::Relaxed) {
            Ok(Answer::new(503, ""))
        } else {
            Ok(Answer::token(&format!("t{number}"), 60))
        }
    });
    let identity = world.identity(client(), &[]);
    identity.grant().await.unwrap();
    broken.store(true, Ordering::Relaxed);
    let begun = Instant::now();
    let mut last_good = Duration::ZERO;
    for _ in 0..200 {
        if identity.current().is_some() {
            last_good = begun.elapsed();
        }
        pass(1).await;
    }
    assert!((50..60).contains(&last_good.as_secs()), "{last_good:?}");
    assert!(matches!(identity.grant().await, Err(IdentityError::Refused { status: 503, .. })));
    broken.store(false, Ordering::Relaxed);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(identity.grant().await.is_ok(), "who needs it does not wait for the long pause to end");
}

/// 3.11.0.2, 3.12: identities were cached under the wrong key.
#[tokio::test(start_paused = true)]
async fn identities_are_told_apart_by_all_that_makes_them() {
    let world = World::new(|number, _| Ok(Answer::token(&format!("t{number}"), 3600)));
    let identities = world.identities(&[]);
    let of =
        |tenant, name, secret, verify| identities.identity(client_of(tenant, name, secret), verify).unwrap();
    let first = of("t", "c", "s", true);
    assert!(Arc::ptr_eq(&first, &of("t", "c", "s", true)));
    let others = [
        of("t2", "c", "s", true),
        of("t", "c2", "s", true),
        of("t", "c", "s2", true),
        of("t", "c", "s", false),
    ];
    // Lengths count: the same letters in other places are another identity.
    let shifted = [of("tc", "x", "s", true), of("t", "cx", "s", true)];
    let mut tokens = vec![bearer(&first.grant().await.unwrap())];
    for other in others.iter().chain(&shifted) {
        tokens.push(bearer(&other.grant().await.unwrap()));
    }
    let all = tokens.len();
    tokens.sort();
    tokens.dedup();
    assert_eq!((tokens.len(), world.seen().len()), (all, all));
    assert!(!world.seen()[4].verify && world.seen()[0].verify);
}

/// 3.13.0.3: no token could be had in the middle of a failover.
#[tokio::test(start_paused = true)]
async fn every_attempt_asks_anew_and_one_identity_does_not_hold_another_up() {
    let world = World::new(|_, call| {
        if call.url.contains("/slow/") {
            Ok(Answer::token("late", 3600).after(3600))
        } else {
            Ok(Answer::token("t", 3600))
        }
    });
    let identities = world.identities(&[]);
    let slow = identities.identity(client_of("slow", "c", "s"), true).unwrap();
    let fast = identities.identity(client_of("fast", "c", "s"), true).unwrap();
    let begun = Instant::now();
    let (late, soon) = tokio::join!(slow.grant(), async {
        let grant = fast.grant().await;
        (grant.map(|grant| bearer(&grant)), begun.elapsed())
    });
    assert_eq!(soon.0.unwrap(), "Bearer t");
    assert!(soon.1 < Duration::from_secs(1));
    // The wait for the other one has an end.
    assert!(matches!(late, Err(IdentityError::Unreachable(..) | IdentityError::Timeout(_))));
    assert!(begun.elapsed() <= Duration::from_secs(10), "{:?}", begun.elapsed());
    assert_eq!(bearer(&fast.grant().await.unwrap()), "Bearer t", "the next attempt");
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_never_answers_holds_nobody_for_long() {
    let world = World::new(|number, _| match number {
        0 => Ok(Answer::token("t0", 3600)),
        _ => Ok(Answer::token("late", 3600).after(100_000)),
    });
    let identity = world.identity(client(), &[]);
    identity.grant().await.unwrap();
    // While the old one holds, refreshes that hang hold up nobody.
    pass(3590).await;
    let begun = Instant::now();
    assert_eq!(bearer(&identity.grant().await.unwrap()), "Bearer t0");
    assert_eq!(begun.elapsed(), Duration::ZERO);
    pass(20).await;
    for _ in 0..20 {
        let begun = Instant::now();
        let told = identity.grant().await.err().unwrap();
        assert!(matches!(told, IdentityError::Unreachable(..) | IdentityError::Timeout(_)), "{told}");
        assert!(begun.elapsed() <= Duration::from_secs(10), "{:?}", begun.elapsed());
    }
    // Each try has eight seconds, and a pause behind it.
    let before = world.seen().len();
    tokio::time::sleep(Duration::from_hours(1)).await;
    let calls = world.seen().len() - before;
    assert!((40..=90).contains(&calls), "{calls}");
    let counted = world.counted();
    assert_eq!(counted[0], (Kind::AzureClient, true));
    assert!(counted[1..].iter().all(|counted| *counted == (Kind::AzureClient, false)));
    assert!(world.seen().len() - counted.len() <= 1, "one is under way");
}

#[tokio::test(start_paused = true)]
async fn a_broken_endpoint_is_not_flooded() {
    let world = World::new(|_, _| Ok(Answer::new(401, r#"{"error":"invalid_client"}"#)));
    let identity = world.identity(client(), &[]);
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(20) {
        assert!(identity.grant().await.is_err());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let calls = world.seen().len();
    assert!((10..=22).contains(&calls), "{calls}: about one a second while somebody asks");
    tokio::time::sleep(Duration::from_mins(20)).await;
    let calls = world.seen().len() - calls;
    assert!((14..=40).contains(&calls), "{calls}: about one a minute while nobody does");
}

#[tokio::test(start_paused = true)]
async fn what_is_no_token_leaves_the_old_one_in_place() {
    for broken in [
        "<html>200</html>",
        "",
        r#"{"access_token":""}"#,
        r#"{"access_token":"CANARY","expires_in":0}"#,
        r#"{"access_token":"CANARY\r\nx: y","expires_in":3600}"#,
    ] {
        let world = World::new(move |number, _| {
            if number == 0 { Ok(Answer::token("t0", 3600)) } else { Ok(Answer::new(200, broken)) }
        });
        let identity = world.identity(client(), &[]);
        identity.grant().await.unwrap();
        pass(3200).await;
        assert!(world.seen().len() > 1);
        assert_eq!(bearer(&identity.current().unwrap()), "Bearer t0", "{broken}");
        pass(600).await;
        assert!(identity.current().is_none(), "{broken}");
        let error = identity.grant().await.err().unwrap();
        assert!(!format!("{error} {error:?}").contains("CANARY"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_gives_the_old_token_is_asked_again_before_its_end() {
    // A metadata service gives the same token until shortly before its end.
    let begun = Instant::now();
    let world = World::new(move |_, _| {
        let age = begun.elapsed().as_secs();
        let of_hour = age % 3600;
        Ok(if of_hour < 3600 - 240 {
            Answer::token(&format!("t{}", age / 3600), 3600 - of_hour)
        } else {
            Answer::token(&format!("t{}", age / 3600 + 1), 3600 + 3600 - of_hour)
        })
    });
    let identity = world.identity(client(), &[]);
    identity.grant().await.unwrap();
    for _ in 0..4000 {
        pass(1).await;
        assert!(identity.current().is_some(), "{:?}", begun.elapsed());
    }
    let calls = world.seen().len();
    assert!((3..=8).contains(&calls), "{calls}");
}

#[tokio::test(start_paused = true)]
async fn identities_end_when_nobody_has_them() {
    let world = World::new(|number, _| Ok(Answer::token(&format!("t{number}"), 60)));
    let identities = world.identities(&[]);
    let first = identities.identity(client(), true).unwrap();
    identities.begin();
    pass(5).await;
    // A new configuration has the same identity before the old one goes: it survives.
    let second = identities.identity(client(), true).unwrap();
    drop(first);
    assert_eq!(bearer(&second.current().unwrap()), "Bearer t0");
    drop(second);
    let calls = world.seen().len();
    pass(600).await;
    assert_eq!(world.seen().len(), calls, "nobody fetches for nobody");
    assert!(identities.identity(client(), true).unwrap().current().is_none());
}
