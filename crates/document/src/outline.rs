//! Where the containers and the long strings of a checked document end, so that no reader looks for it again.

/// Bytes from which on a string is worth an extent: to find the end of a shorter one costs no more.
const LONG: usize = 64;
/// Bytes of the body for each extent that there may be.
const SHARE: usize = 16;
/// Extents that there may be however short the body is.
const FEW: usize = 8;

/// From where to where one value is, in bytes from the start of the body.
#[derive(Debug, Clone, Copy)]
pub struct Extent {
    start: u32,
    /// While it is open: the number of the extent around it.
    end: u32,
    /// How many extents there are in it, itself included.
    inside: u32,
}

/// The extents of a body in the order in which they begin. What has none is found by passing over it.
///
/// There are at most as many as a sixteenth of the body has bytes, and eight: once there are so many, what begins
/// later has none. So they take no more room than the body itself, or twice that for what a growing list has spare.
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
    pub fn count(&self) -> u32 {
        narrow(self.extents.len())
    }

    /// Those of what begins after the first `count`.
    #[inline]
    pub fn after(&self, count: u32) -> Extents<'_> {
        Extents(self.extents.get(count as usize..).unwrap_or_default())
    }

    /// A container begins at `at`.
    #[inline]
    pub fn open(&mut self, at: usize) {
        if self.extents.len() >= self.most {
            self.without += 1;
            return;
        }
        let number = self.count();
        let around = self.open.replace(number).unwrap_or(u32::MAX);
        self.push(Extent { start: narrow(at), end: around, inside: 0 });
    }

    /// The container that was opened last ends before `at`.
    #[inline]
    pub fn close(&mut self, at: usize) {
        if self.without > 0 {
            self.without -= 1;
            return;
        }
        let count = self.count();
        if let Some(number) = self.open
            && let Some(extent) = self.extents.get_mut(number as usize)
        {
            self.open = (extent.end != u32::MAX).then_some(extent.end);
            extent.end = narrow(at);
            extent.inside = count - number;
        }
    }

    /// A string stands here, quotes and all.
    #[inline]
    pub fn string(&mut self, start: usize, end: usize) {
        if end - start >= LONG && self.extents.len() < self.most {
            self.push(Extent { start: narrow(start), end: narrow(end), inside: 1 });
        }
    }

    #[inline]
    fn push(&mut self, extent: Extent) {
        if self.extents.capacity() == 0 {
            self.extents.reserve_exact(self.most.min(16));
        }
        self.extents.push(extent);
    }
}

/// The extents from some place of a body on.
#[derive(Debug, Clone, Copy, Default)]
pub struct Extents<'d>(&'d [Extent]);

impl<'d> Extents<'d> {
    pub const NONE: Self = Self(&[]);

    /// Those within the value that begins at `start`, and behind it.
    #[inline]
    pub fn within(self, start: usize) -> Self {
        match self.0.split_first() {
            Some((first, rest)) if first.start as usize == start => Self(rest),
            _ => self,
        }
    }

    /// The end of the value that begins at `start`, where it is known. Then those of what is behind it are left.
    #[inline]
    pub fn pass(&mut self, start: usize) -> Option<usize> {
        let first = self.0.first()?;
        if first.start as usize != start {
            return None;
        }
        let end = first.end as usize;
        self.0 = self.0.get(first.inside as usize..).unwrap_or_default();
        Some(end)
    }
}

/// The length of a body was checked to fit.
fn narrow(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
