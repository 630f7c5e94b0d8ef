//! Pings for clients of Messages while an upstream thinks.

use super::messages_order::{read, told};
use super::{each, message_body, messages_at};

#[test]
fn pings_come_before_the_upstreams_head() {
    each(
        |target| target.streams,
        |world, target| {
            let path = format!("/a-early/{}/v1/messages", target.name);
            let call = messages_at(&path, target, "early", &message_body("words:3", r#","stream":true"#))
                .header("x-sim-fault", "slow_first,burst")
                .header("x-sim-delay", "2400");
            let answer = world.send(&call);
            let told = told(&answer);
            assert_eq!(told.text(), "w1 w2 w3");
            assert!((2..=4).contains(&told.pings), "{} pings: {}", told.pings, answer.text());
            assert!(answer.text().starts_with("event: ping\n"), "{}", answer.text());
            assert!(
                answer.pieces[0].0.as_millis() < 2200,
                "the first ping came after {:?}",
                answer.pieces[0].0
            );
        },
    );
}

#[test]
fn what_goes_wrong_behind_an_early_head_is_told_in_the_stream() {
    each(
        |target| target.streams,
        |world, target| {
            let path = format!("/a-early/{}/v1/messages", target.name);
            let call = messages_at(&path, target, "early-wrong", &message_body("hi", r#","stream":true"#))
                .header("x-sim-fault", "slow_first,status_429")
                .header("x-sim-delay", "1400");
            let answer = world.send(&call).expect(200);
            let events = answer.events();
            let (told, error) = read(&events).unwrap_or_else(|wrong| panic!("{wrong}: {}", answer.text()));
            assert!(told.pings >= 1 && told.start.is_null(), "{}", answer.text());
            let error = error.unwrap_or_else(|| panic!("no error: {}", answer.text()));
            assert_eq!(error["type"], "rate_limit_error", "{error}");
            assert_eq!(world.record(&answer)["gateway"]["outcome"], "upstream_error");
        },
    );
}
