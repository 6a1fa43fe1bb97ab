//! The choice of blocks.

use crate::exec::gemm::packing;

/// Depth of panels that do not hold all of `k`: enough for the block product to run at full speed.
const DEPTH: u64 = 512;
/// Rows and columns below which the block product is slower.
const SIDE: u64 = 512;
/// Rows above which it is no faster, where panels hold all of `k`: results then leave while others are made.
const ROWS: u64 = 1024;
/// What an element of new memory costs, next to one that is moved: the first touch of a page takes long, most of all in a
/// virtual machine.
const NEW: u64 = 20;
/// Bytes of a matrix, or of a panel, that stay in a core's cache.
const CACHE: u64 = 1 << 20;
/// Parts that a long sum over `k` is cut into, where there is no other work to share.
const PARTS: u64 = 16;

/// How a product is cut, in elements.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Block {
    /// Rows and columns of a block of the result.
    pub(super) rows: u64,
    pub(super) columns: u64,
    /// Depth of the panels.
    pub(super) depth: u64,
    /// Rows of a panel of A.
    pub(super) strip: u64,
    /// Whether each thread works at blocks of its own, instead of all at one.
    pub(super) own: bool,
    /// Parts of `k` whose sums are made apart and added in order, at least 1.
    pub(super) parts: u64,
}

/// What a product is computed with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Means {
    /// Bytes of an element.
    pub(super) item: u64,
    /// Blocks of the result in memory for each one computed.
    pub(super) copies: u64,
    /// Bytes of memory.
    pub(super) room: u64,
    pub(super) threads: u64,
}

/// `x` elements of an axis of `n`, rounded down to whole steps of a grid but at least one.
fn whole(x: u64, n: u64, step: u64) -> u64 {
    (x / step * step).max(step).min(n)
}

impl Block {
    /// The blocks of `count` products of `dims` m, n, k, written in chunks of `grid`. Where nothing fits, the smallest
    /// there is.
    pub(super) fn choose(dims: [u64; 3], count: u64, grid: [u64; 2], means: Means) -> Block {
        let dims = dims.map(|x| x.max(1));
        let own = Block::own(dims, count, means.item, grid).filter(|b| b.bytes(means) <= means.room);
        own.or_else(|| Block::team(dims, grid, means)).unwrap_or_else(|| {
            let [m, n, k] = dims;
            Block::shared(whole(1, m, grid[0]), whole(1, n, grid[1]), k.min(64))
        })
    }

    fn shared(rows: u64, columns: u64, depth: u64) -> Block {
        Block { rows, columns, depth, strip: rows, own: false, parts: 1 }
    }

    /// Blocks for each thread, where one of the matrices stays in its cache and the others pass by once.
    fn own([m, n, k]: [u64; 3], count: u64, item: u64, grid: [u64; 2]) -> Option<Block> {
        let cache = CACHE / item;
        let of = |rows: u64, columns: u64, depth: u64, strip: u64| {
            let (strip, depth) = (strip.clamp(1, rows), depth.clamp(1, k));
            Block { rows, columns, depth, strip, own: true, parts: 1 }
        };
        let block = if k * n <= cache {
            let strip = (cache / (k + n)).max(16);
            of(whole(strip, m, grid[0]), n, k, strip)
        } else if m * k <= cache {
            let columns = whole(SIDE, n, grid[1]);
            of(m, columns, (cache / columns).max(64), m)
        } else if m * n <= cache {
            let depth = (cache / (m + n)).max(64);
            let parts = if count < PARTS { k.div_ceil(depth).min(PARTS) } else { 1 };
            Block { parts, ..of(m, n, depth, m) }
        } else {
            return None;
        };
        Some(block)
    }

    /// Blocks at which all threads work together: those that move the fewest elements.
    fn team([m, n, k]: [u64; 3], grid: [u64; 2], means: Means) -> Option<Block> {
        // an axis in 1 to 16 even parts, and then in twice as many each time
        let even = |n: u64, step: u64| {
            let parts = (1..16).chain((4..64).map(|h| 1 << h)).take_while(|&p| p <= n);
            let mut sizes: Vec<u64> = parts.map(|p| n.div_ceil(p).next_multiple_of(step).min(n)).collect();
            sizes.dedup();
            sizes
        };
        let mut best: Option<(u64, Block)> = None;
        for columns in even(n, grid[1]) {
            for depth in [k, DEPTH, DEPTH / 2, DEPTH / 4].map(|d| d.min(k)) {
                let most = if depth == k { ROWS.next_multiple_of(grid[0]) } else { m };
                for rows in even(m, grid[0]).into_iter().filter(|&rows| rows <= most) {
                    let block = Block::shared(rows, columns, depth);
                    let cost = block.cost([m, n, k]);
                    if block.bytes(means) <= means.room && best.is_none_or(|(least, _)| cost < least) {
                        best = Some((cost, block));
                    }
                }
            }
        }
        best.map(|(_, block)| block)
    }

    /// Elements moved: panels are read and written, and packed; sums over a part of `k` are added to those before; all
    /// memory is new once.
    fn cost(&self, dims: [u64; 3]) -> u64 {
        let [m, n, k] = dims;
        let [a, b] = self.read(dims);
        let packed = k * n * m.div_ceil(self.rows) + m * k * n.div_ceil(self.columns);
        let slow = |side: u64, n: u64| SIDE.min(n).div_ceil(side.min(n));
        let packed = packed * slow(self.rows, m) * slow(self.columns, n);
        let sums = m * n * k.div_ceil(self.depth);
        2 * (a + b) + packed + sums + NEW * self.elements(1, 1)
    }

    /// Elements of A and of B that are read for one product.
    pub(super) fn read(&self, [m, n, k]: [u64; 3]) -> [u64; 2] {
        let (stripes, columns) = (m.div_ceil(self.rows.max(1)), n.div_ceil(self.columns.max(1)));
        let whole = self.depth >= k;
        let a_again = if whole && stripes == 1 { 1 } else { columns };
        [m * k * a_again, k * n * if whole { 1 } else { stripes }]
    }

    /// Elements of the buffers, of all threads.
    fn elements(&self, copies: u64, threads: u64) -> u64 {
        let panels = self.strip * self.depth + self.depth * self.columns;
        let block = self.rows * self.columns;
        match (self.own, self.parts) {
            (false, _) => panels + copies * block,
            (true, 1) => threads * (panels + copies * block),
            (true, parts) => threads * panels + (parts + copies) * block,
        }
    }

    /// The memory it takes, in bytes.
    pub(super) fn bytes(&self, means: Means) -> u64 {
        let products = if self.own { means.threads } else { 1 };
        self.elements(means.copies, means.threads) * means.item
            + packing(self.columns, means.item, products, means.threads)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn means(mib: u64) -> Means {
        Means { item: 8, copies: 1, room: mib << 20, threads: 2 }
    }

    #[test]
    fn blocks_fit_and_lie_on_the_grid() {
        for dims in [[6144, 6144, 6144], [10_000, 10_000, 10_000], [8192, 8192, 8192], [3000, 20_000, 700]] {
            for grid in [[1, 1], [1000, 1000], [64, dims[1]], [dims[0], 64]] {
                for room in [100, 400, 4000] {
                    let b = Block::choose(dims, 1, grid, means(room));
                    assert!(b.bytes(means(room)) <= room << 20, "{dims:?} {grid:?} {room} {b:?}");
                    assert!(b.rows.is_multiple_of(grid[0]) || b.rows == dims[0], "{b:?}");
                    assert!(b.columns.is_multiple_of(grid[1]) || b.columns == dims[1], "{b:?}");
                    assert!(b.rows.min(b.columns) >= 256, "{dims:?} {grid:?} {room} {b:?}");
                }
            }
        }
    }

    #[test]
    fn small_matrices_stay_with_a_thread() {
        let choose = |dims, count| Block::choose(dims, count, [1, 1], means(1000));
        let tall = choose([200_000, 64, 2000], 1);
        assert!(tall.own && tall.columns == 64 && tall.depth == 2000 && tall.strip < 200);
        let inner = choose([64, 64, 1_000_000], 1);
        assert!(inner.own && inner.parts == PARTS && inner.depth < 10_000);
        assert!(choose([64, 64, 64], 1000).own);
        assert!(!choose([2000, 2000, 2000], 1).own);
    }
}
