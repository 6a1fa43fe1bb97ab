//! The choice of blocks.

use crate::exec::gemm::packing;

/// Depth of panels that do not hold all of `k`: enough for the block product to run at full speed.
const DEPTH: u64 = 512;
/// Rows and columns below which the block product is slower.
const SIDE: u64 = 512;
/// Rows above which it is no faster if panels hold all of `k`: some results are then written while others are computed.
const ROWS: u64 = 1024;
/// The cost of an element of new memory, relative to an element that is moved: the first touch of a page takes long,
/// most of all in a virtual machine.
const NEW: u64 = 20;
/// Bytes of a matrix, or of a panel, that stay in a core's cache.
const CACHE: u64 = 1 << 20;
/// The shortest average side of pieces of operands that are worth multiplying in place.
const PIECE: u64 = 192;
/// Blocks for each thread, so many that no thread waits long at the end.
const SHARES: u64 = 12;
/// Parts of a long sum over `k`, if the threads have no other work to share.
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
    /// Whether each thread works at blocks of its own, instead of all threads at one.
    pub(super) own: bool,
    /// For each operand, whether it is multiplied in place instead of in panels.
    pub(super) in_place: [bool; 2],
    /// Whether the operands' pages stay mapped until the product is done.
    pub(super) keeps: bool,
    /// Blocks down a column that are computed before the next column begins. Their rows of A stay in memory meanwhile,
    /// mapped or not, and B is read once for all of them. 0 for whole columns.
    pub(super) band: u64,
    /// Parts of `k` that are summed separately and then added in order; at least 1.
    pub(super) parts: u64,
    /// Products of the batch whose blocks are written together, at least 1: a chunk of the result may hold many.
    pub(super) products: u64,
    /// Whether threads with blocks of their own share the blocks that are written together.
    pub(super) divides: bool,
}

/// The means to compute a product.
#[derive(Clone, Copy, Debug)]
pub(super) struct Means {
    /// Bytes of an element.
    pub(super) item: u64,
    /// Copies of each block of the result in memory.
    pub(super) copies: u64,
    /// Bytes of memory.
    pub(super) room: u64,
    pub(super) threads: u64,
    /// For each operand that can be multiplied in place, the longest runs of its two axes that lie in one chunk.
    pub(super) runs: [Option<[u64; 2]>; 2],
    /// Bytes of all mapped chunks of both operands.
    pub(super) mapped: u64,
}

impl Means {
    /// The numbers that sides of blocks are multiples of: sides of chunks of the result, or else runs of the operands.
    fn steps(&self, grid: [u64; 2]) -> [u64; 2] {
        let [a, b] = self.runs;
        let step = |grid: u64, run: Option<u64>| match run {
            Some(run) if grid == 1 && run <= 2 * ROWS => run,
            _ => grid,
        };
        [step(grid[0], a.map(|run| run[0])), step(grid[1], b.map(|run| run[1]))]
    }
}

/// `x` elements of an axis of `n`, rounded down to whole steps of a grid but at least one.
fn whole(x: u64, n: u64, step: u64) -> u64 {
    (x / step * step).max(step).min(n)
}

/// The product of numbers, at most `u64::MAX`.
fn times<const N: usize>(factors: [u64; N]) -> u64 {
    factors.into_iter().fold(1, u64::saturating_mul)
}

impl Block {
    /// The blocks of `count` products of `dims` m, n, k, written in chunks of `grid`. If nothing fits, the smallest
    /// possible blocks.
    pub(super) fn choose(dims: [u64; 3], count: u64, grid: [u64; 2], means: Means) -> Block {
        let dims = dims.map(|x| x.max(1));
        let fits = |b: &Block| b.bytes(means) <= means.room;
        // pages of operands in place take memory, too: if they do not fit, panels may
        let panels = Means { runs: [None; 2], ..means };
        let own = [means, panels].into_iter().find_map(|m| Block::own(dims, count, grid, m).filter(fits));
        // half of the memory is left to others that share it
        let keeps = |b: &Block| {
            b.in_place != [false; 2] && b.bytes(means).saturating_add(means.mapped) <= means.room / 2
        };
        let own = own.map(|b| Block { keeps: keeps(&b), ..b });
        let large = |keeps| Block::large(dims, count, grid, means, keeps).filter(fits);
        own.or_else(|| large(true).or_else(|| large(false)))
            .or_else(|| Block::team(dims, grid, means))
            .unwrap_or_else(|| {
                let [m, n, k] = dims;
                Block::shared(whole(1, m, grid[0]), whole(1, n, grid[1]), k.min(64))
            })
    }

    fn shared(rows: u64, columns: u64, depth: u64) -> Block {
        Block { rows, columns, depth, strip: rows, parts: 1, products: 1, ..Block::default() }
    }

    /// Blocks of its own for each thread: one of the matrices stays in the thread's cache, and the others are read
    /// once.
    fn own([m, n, k]: [u64; 3], count: u64, grid: [u64; 2], means: Means) -> Option<Block> {
        let cache = CACHE / means.item;
        let [rows, columns] = means.steps(grid);
        let [a, b] = means.runs.map(|runs| runs.is_some());
        let of = |rows: u64, columns: u64, depth: u64, strip: u64| {
            let (strip, depth) = (strip.clamp(1, rows), depth.clamp(1, k));
            Block { strip, own: true, ..Block::shared(rows, columns, depth) }
        };
        let block = if times([k, n]) <= cache {
            let strip = match means.runs[0] {
                // few enough rows to stay in the cache from their check to their product, but many beside the packed
                // part of B
                Some([_, run]) => (cache / 2 / run.min(k)).max(8 * n),
                None => (cache / (k + n)).max(16),
            };
            let block = whole(if a { strip.max(ROWS) } else { strip }, m, rows);
            Block { in_place: [a, false], ..of(block, n, k, strip) }
        } else if times([m, k]) <= cache {
            let columns = whole(SIDE, n, columns);
            let depth = if b { k } else { (cache / columns).max(64) };
            Block { in_place: [false, b], ..of(m, columns, depth, m) }
        } else if times([m, n]) <= cache {
            let depth = (cache / (m + n)).max(64);
            let parts = if count < PARTS { k.div_ceil(depth).min(PARTS) } else { 1 };
            Block { parts, in_place: [a, b], ..of(m, n, depth, m) }
        } else {
            return None;
        };
        Some(block)
    }

    /// Blocks of its own for each thread, for large operands that are multiplied in place. The pieces between borders
    /// of chunks must be large, and there must be blocks enough to keep all threads at work. Pages that do not stay
    /// mapped are checked each time they are read, which costs little next to a product.
    fn large([m, n, k]: [u64; 3], count: u64, grid: [u64; 2], means: Means, keeps: bool) -> Option<Block> {
        let [Some([a_rows, a_depth]), Some([b_depth, b_columns])] = means.runs else { return None };
        let steps = means.steps(grid);
        let (rows, columns) = (whole(ROWS, m, steps[0]), whole(ROWS, n, steps[1]));
        // pieces end where a block or a chunk of either operand does
        let piece = |n: u64, one: u64, two: u64| n / (n.div_ceil(one) + n.div_ceil(two) - 1);
        let least = piece(m, rows, a_rows).min(piece(n, columns, b_columns)).min(piece(k, a_depth, b_depth));
        let blocks = times([count, m.div_ceil(rows), n.div_ceil(columns)]);
        let stripes = m.div_ceil(rows);
        let fitting = (means.room / 2 / times([rows, k, means.item])).clamp(1, stripes);
        let band = if keeps { 0 } else { stripes.div_ceil(stripes.div_ceil(fitting)) };
        let block = Block { own: true, in_place: [true; 2], keeps, band, ..Block::shared(rows, columns, k) };
        (least >= PIECE && blocks >= SHARES * means.threads).then_some(block)
    }

    /// The blocks that move the fewest elements, if all threads work together at one block.
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
                    let cost = block.cost([m, n, k], means);
                    if block.bytes(means) <= means.room && best.is_none_or(|(least, _)| cost < least) {
                        best = Some((cost, block));
                    }
                }
            }
        }
        best.map(|(_, block)| block)
    }

    /// The same blocks, but those of `products` of the batch's `count` products are written together.
    pub(super) fn with_products(self, products: u64, [m, n, _]: [u64; 3], count: u64) -> Block {
        let groups =
            times([count.div_ceil(products), m.div_ceil(self.rows.max(1)), n.div_ceil(self.columns.max(1))]);
        let divides = self.own && self.parts == 1 && products > groups;
        Block { products, divides, ..self }
    }

    /// The cost in elements moved: panels are read, written and packed; sums over a part of `k` are added to earlier
    /// sums; all memory is new once.
    fn cost(&self, dims: [u64; 3], means: Means) -> u64 {
        let [m, n, k] = dims;
        let [a, b] = self.read(dims);
        let packed_b = times([k, n, m.div_ceil(self.rows)]);
        let packed = packed_b.saturating_add(times([m, k, n.div_ceil(self.columns)]));
        let slow = |side: u64, n: u64| SIDE.min(n).div_ceil(side.min(n));
        let packed = times([packed, slow(self.rows, m), slow(self.columns, n)]);
        let sums = times([m, n, k.div_ceil(self.depth)]);
        let fresh = times([NEW, self.elements(Means { copies: 1, ..means })]);
        let read = a.saturating_add(b).saturating_mul(2);
        [packed, sums, fresh].into_iter().fold(read, u64::saturating_add)
    }

    /// Elements of A and of B that are read for one product.
    pub(super) fn read(&self, [m, n, k]: [u64; 3]) -> [u64; 2] {
        let (stripes, columns) = (m.div_ceil(self.rows.max(1)), n.div_ceil(self.columns.max(1)));
        if self.in_place == [true; 2] {
            let bands = if self.band == 0 { 1 } else { stripes.div_ceil(self.band) };
            return [times([m, k]), times([k, n, bands])];
        }
        let whole = self.depth >= k;
        let a_again = if whole && stripes == 1 { 1 } else { columns };
        [times([m, k, a_again]), times([k, n, if whole { 1 } else { stripes }])]
    }

    /// Elements of the buffers of all threads. An operand in place counts with the piece at hand: its pages, or a copy
    /// if a backend cannot take it as it lies.
    fn elements(&self, means: Means) -> u64 {
        let panel = |operand: usize, [rows, columns]: [u64; 2]| match means.runs[operand] {
            Some([i, j]) if self.in_place[operand] => times([rows.min(i), columns.min(j)]),
            _ => times([rows, columns]),
        };
        let panels = panel(0, [self.strip, self.depth]).saturating_add(panel(1, [self.depth, self.columns]));
        let Means { copies, threads, .. } = means;
        let block = times([self.rows, self.columns]);
        let written = times([copies, self.products, block]);
        match (self.own, self.parts) {
            (false, _) => panels.saturating_add(written),
            (true, 1) if self.divides => times([threads, panels]).saturating_add(written),
            (true, 1) => times([threads, panels.saturating_add(written)]),
            (true, parts) => {
                times([threads, panels]).saturating_add(times([parts - 1, block])).saturating_add(written)
            }
        }
    }

    /// The memory it takes, in bytes.
    pub(super) fn bytes(&self, means: Means) -> u64 {
        let products = if self.own { means.threads } else { 1 };
        let mapped = if self.keeps { means.mapped } else { 0 };
        let packing = packing([self.strip, self.columns], means.item, products, means.threads);
        times([self.elements(means), means.item]).saturating_add(mapped).saturating_add(packing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn means(mib: u64) -> Means {
        Means { item: 8, copies: 1, room: mib << 20, threads: 2, runs: [None; 2], mapped: 0 }
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
        let mapped = |mib| Means { runs: [Some([200_000, 100_000]), None], ..means(mib) };
        let wide = |mib| Block::choose([200_000, 1, 100_000], 1, [1, 1], mapped(mib));
        assert!(wide(4000).own && wide(4000).in_place[0]);
        assert!(wide(200).own && wide(200).in_place[0], "of long rows a few at a time");
        let tall = choose([200_000, 64, 2000], 1);
        assert!(tall.own && tall.columns == 64 && tall.depth == 2000 && tall.strip < 200);
        let inner = choose([64, 64, 1_000_000], 1);
        assert!(inner.own && inner.parts == PARTS && inner.depth < 10_000);
        assert!(choose([64, 64, 64], 1000).own);
        assert!(!choose([2000, 2000, 2000], 1).own);
    }

    #[test]
    fn large_operands_stay_where_they_lie_when_there_is_room() {
        let lying =
            |mib: u64, runs: [[u64; 2]; 2]| Means { runs: runs.map(Some), mapped: 700 << 20, ..means(mib) };
        let choose = |means| Block::choose([6144; 3], 1, [1000, 1000], means);
        let chunks = [[1000, 1000]; 2];
        assert!(choose(lying(2000, chunks)).keeps);
        let passing = choose(lying(600, chunks));
        assert!(passing.in_place == [true; 2] && !passing.keeps, "pages that stay mapped are memory");
        assert!(!choose(lying(2000, [[1000, 1000], [90, 6144]])).own, "pieces are too thin");
        assert!(!choose(Means { threads: 16, ..lying(2000, chunks) }).own, "too few blocks for the threads");
    }
}
