//! The events of a streamed message, in the only order that is legal: each step is a value that only the step
//! before can give, so that no other order can be written down.
//!
//! From <https://docs.anthropic.com/en/api/messages-streaming>. Indexes of blocks are counted here.

use std::marker::PhantomData;

use document::{ObjectWriter, append_object};
use model::{Finish, Usage};

use super::write::write_stop;
use crate::anthropic::usage;

/// Nothing was sent.
#[derive(Debug)]
pub(super) struct Fresh(());

/// The message has begun; no block is open.
#[derive(Debug)]
pub(super) struct Between {
    next: u64,
}

/// A block is open; its kind decides what may go on in it.
#[derive(Debug)]
pub(super) struct Block<K> {
    index: u64,
    kind: PhantomData<K>,
}

#[derive(Debug)]
pub(super) enum Text {}
#[derive(Debug)]
pub(super) enum Thinking {}
#[derive(Debug)]
pub(super) enum ToolUse {}

/// The message is complete.
#[derive(Debug)]
pub(super) struct Complete(());

impl Fresh {
    pub(super) const fn new() -> Self {
        Self(())
    }

    /// `input` is an estimate: what was used is told at the end.
    pub(super) fn start(self, id: &str, model: &str, input: u64, out: &mut Vec<u8>) -> Between {
        let Self(()) = self;
        event("message_start", out, |event| {
            event.object("message", |message| {
                message.text("id", id);
                message.text("type", "message");
                message.text("role", "assistant");
                message.text("model", model);
                message.array("content", |_| {});
                message.null("stop_reason");
                message.null("stop_sequence");
                let usage = Usage { fresh_input: input, ..Usage::default() };
                message.object("usage", |object| usage::write(&usage, object));
            });
        });
        Between { next: 0 }
    }
}

impl Between {
    pub(super) fn text(self, out: &mut Vec<u8>) -> Block<Text> {
        self.open(out, |block| {
            block.text("type", "text");
            block.text("text", "");
        })
    }

    pub(super) fn thinking(self, out: &mut Vec<u8>) -> Block<Thinking> {
        self.open(out, |block| {
            block.text("type", "thinking");
            block.text("thinking", "");
            block.text("signature", "");
        })
    }

    pub(super) fn tool_use(self, id: &str, name: &str, out: &mut Vec<u8>) -> Block<ToolUse> {
        self.open(out, |block| {
            block.text("type", "tool_use");
            block.text("id", id);
            block.text("name", name);
            block.object("input", |_| {});
        })
    }

    /// A block that comes whole: raw JSON.
    pub(super) fn whole(self, block: &[u8], out: &mut Vec<u8>) -> Self {
        event("content_block_start", out, |event| {
            event.number("index", self.next);
            event.raw("content_block", block);
        });
        let block: Block<Text> = Block { index: self.next, kind: PhantomData };
        block.stop(out)
    }

    /// The end: why, and what was used.
    pub(super) fn end(self, finish: &Finish, calls: bool, usage: &Usage, out: &mut Vec<u8>) -> Complete {
        let Self { .. } = self;
        event("message_delta", out, |event| {
            event.object("delta", |delta| write_stop(finish, calls, delta));
            event.object("usage", |object| usage::write(usage, object));
        });
        event("message_stop", out, |_| {});
        Complete(())
    }

    fn open<K>(self, out: &mut Vec<u8>, fill: impl FnOnce(&mut ObjectWriter<'_>)) -> Block<K> {
        event("content_block_start", out, |event| {
            event.number("index", self.next);
            event.object("content_block", fill);
        });
        Block { index: self.next, kind: PhantomData }
    }
}

impl<K> Block<K> {
    pub(super) fn stop(self, out: &mut Vec<u8>) -> Between {
        event("content_block_stop", out, |event| event.number("index", self.index));
        Between { next: self.index + 1 }
    }

    fn delta(&self, kind: &str, out: &mut Vec<u8>, fill: impl FnOnce(&mut ObjectWriter<'_>)) {
        event("content_block_delta", out, |event| {
            event.number("index", self.index);
            event.object("delta", |delta| {
                delta.text("type", kind);
                fill(delta);
            });
        });
    }
}

impl Block<Text> {
    pub(super) fn text(&self, text: &str, out: &mut Vec<u8>) {
        self.delta("text_delta", out, |delta| delta.text("text", text));
    }

    /// `citation` is raw JSON.
    pub(super) fn citation(&self, citation: &[u8], out: &mut Vec<u8>) {
        self.delta("citations_delta", out, |delta| delta.raw("citation", citation));
    }
}

impl Block<Thinking> {
    pub(super) fn thinking(&self, text: &str, out: &mut Vec<u8>) {
        self.delta("thinking_delta", out, |delta| delta.text("thinking", text));
    }

    /// A signature is the last thing of its block.
    pub(super) fn sign(self, signature: &str, out: &mut Vec<u8>) -> Between {
        self.delta("signature_delta", out, |delta| delta.text("signature", signature));
        self.stop(out)
    }
}

impl Block<ToolUse> {
    pub(super) fn input(&self, json: &str, out: &mut Vec<u8>) {
        self.delta("input_json_delta", out, |delta| delta.text("partial_json", json));
    }
}

fn event(name: &str, out: &mut Vec<u8>, fill: impl FnOnce(&mut ObjectWriter<'_>)) {
    out.extend_from_slice(b"event: ");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\ndata: ");
    append_object(out, |object| {
        object.text("type", name);
        fill(object);
    });
    out.extend_from_slice(b"\n\n");
}
