//! Where members, containers and long strings of a checked document begin and end, so that no reader looks for
//! it again.

use std::ops::Range;

/// Bytes from which on a string in an array is worth an extent: to find the end of a shorter one costs no more.
const LONG: usize = 64;
/// Bytes of the body for each extent that there may be.
const SHARE: usize = 16;
/// Extents that there may be however short the body is.
const FEW: usize = 8;
/// Extents that there is room for at first, where there may be so many.
const USUAL: usize = 32;

/// A member, or an item of an array; positions are bytes from the start of the body.
#[derive(Debug, Clone, Copy)]
pub struct Extent {
    /// Of the name's opening quote; of the value, where it has no name.
    start: u32,
    /// Of the name's closing quote.
    name_end: u32,
    pub value: u32,
    /// While a container is open: the number of the extent around it.
    pub end: u32,
    /// How many extents there are in it, itself included.
    inside: u32,
    /// Whether the name has escapes.
    pub escaped: bool,
}

/// What stands before a value: the quotes of its name, where it has one.
#[derive(Debug, Clone, Copy)]
pub struct Lead {
    pub start: usize,
    pub name_end: usize,
    pub escaped: bool,
}

impl Lead {
    /// Nothing: the value is an item.
    pub const NONE: Self = Self { start: usize::MAX, name_end: usize::MAX, escaped: false };

    #[inline]
    const fn is_none(self) -> bool {
        self.start == usize::MAX
    }
}

/// The extents of all members, and of the items that are containers or long, in the order in which they begin.
///
/// There are at most as many as a sixteenth of the body has bytes, and eight: once there are so many, what begins
/// later has none, and is found by passing over it. So they take at most one and a half times the room of the body.
#[derive(Debug, Clone, Default)]
pub struct Outline {
    extents: Vec<Extent>,
    most: usize,
    /// The extent that is open, where one is.
    open: Option<u32>,
    /// Containers within it that are open and have no extent.
    without: u32,
}

impl Outline {
    /// For a body of `length` bytes.
    pub const fn of(length: usize) -> Self {
        Self { extents: Vec::new(), most: length / SHARE + FEW, open: None, without: 0 }
    }

    /// How many there are by now.
    #[inline]
    pub fn count(&self) -> u32 {
        narrow(self.extents.len())
    }

    /// Those of what begins after the first `count`.
    #[inline]
    pub fn after(&self, count: u32) -> Extents<'_> {
        Extents(self.extents.get(count as usize..).unwrap_or_default())
    }

    /// A container begins at `value`.
    #[inline]
    pub fn open(&mut self, lead: Lead, value: usize) {
        let number = self.count();
        let around = self.open.unwrap_or(u32::MAX);
        if self.push(lead, value, around) {
            self.open = Some(number);
        } else {
            self.without += 1;
        }
    }

    /// The container that was opened last ends before `end`.
    #[inline]
    pub fn close(&mut self, end: usize) {
        if self.without > 0 {
            self.without -= 1;
            return;
        }
        let count = self.count();
        if let Some(number) = self.open
            && let Some(extent) = self.extents.get_mut(number as usize)
        {
            self.open = (extent.end != u32::MAX).then_some(extent.end);
            extent.end = narrow(end);
            extent.inside = count - number;
        }
    }

    /// A value without anything in it stands here.
    #[inline]
    pub fn leaf(&mut self, lead: Lead, value: usize, end: usize) {
        if !lead.is_none() || end - value >= LONG {
            self.push(lead, value, narrow(end));
        }
    }

    /// Tells whether there was room.
    #[inline]
    fn push(&mut self, lead: Lead, value: usize, end: u32) -> bool {
        if self.extents.len() == self.extents.capacity() && !self.grow() {
            return false;
        }
        self.extents.push(Extent {
            start: narrow(if lead.is_none() { value } else { lead.start }),
            name_end: narrow(lead.name_end),
            value: narrow(value),
            end,
            inside: 1,
            escaped: lead.escaped,
        });
        true
    }

    /// Makes room for more, where more there may be.
    #[cold]
    fn grow(&mut self) -> bool {
        let count = self.extents.len();
        let more = self.most.saturating_sub(count).min(count.max(USUAL));
        self.extents.reserve_exact(more);
        more > 0
    }
}

/// The extents from some place of a body on.
#[derive(Debug, Clone, Copy, Default)]
pub struct Extents<'d>(&'d [Extent]);

impl<'d> Extents<'d> {
    pub const NONE: Self = Self(&[]);

    /// The extent of the item that begins at `start`, where it has one, and those of what is inside of it or behind it.
    /// Then those of what is behind it are left.
    #[inline]
    pub fn pass(&mut self, start: usize) -> Option<(Extent, Self)> {
        let (first, rest) = self.0.split_first()?;
        if first.start as usize != start {
            return None;
        }
        self.0 = self.0.get(first.inside as usize..).unwrap_or_default();
        Some((*first, Self(rest)))
    }

    /// The same for the next member of an object that ends before `end`.
    #[inline]
    pub fn pass_member(&mut self, end: usize) -> Next<'d> {
        let Some((first, rest)) = self.0.split_first() else { return Next::Unknown };
        if first.start as usize >= end {
            return Next::None;
        }
        self.0 = self.0.get(first.inside as usize..).unwrap_or_default();
        Next::Member(*first, Self(rest))
    }
}

/// What extents tell of the next member.
#[derive(Debug, Clone, Copy)]
pub enum Next<'d> {
    Member(Extent, Extents<'d>),
    /// What has extents stands behind the object: all of its members had theirs.
    None,
    /// There are no more extents, whatever there is.
    Unknown,
}

impl Extent {
    /// The name of a member without its quotes.
    #[inline]
    pub const fn name(self) -> Range<usize> {
        self.start as usize + 1..self.name_end as usize
    }
}

/// The length of a body was checked to fit.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "positions in a body fit; it is done often")]
pub const fn narrow(at: usize) -> u32 {
    at as u32
}

#[cfg(test)]
mod tests;
