//! Running a pass: workers take up tiles and deliver the results.

use std::sync::Arc;
use std::time::Instant;

use super::{Output, Pass};
use crate::context::Metrics;
use crate::exec::bands::{Band, Bands};
use crate::exec::fold::Fold;
use crate::exec::folding::Folding;
use crate::exec::input::InputCache;
use crate::exec::read_ahead::ReadAhead;
use crate::exec::stage::Run;
use crate::exec::tile_index;
use crate::exec::turns::Turns;
use crate::exec::worker::{Out, Worker};
use crate::profile::Work;
use crate::sink::Sink;
use crate::source::{Source, c_strides};
use crate::{Buffer, Context, Error, Result};

/// Evaluates a pass with as many threads as memory has room for; on the calling thread if one is enough.
pub(super) fn run(pass: &Pass, run: &Run<'_>) -> Result<()> {
    let began = Instant::now();
    let _span = tracing::info_span!("pass", tiles = pass.tiles.len()).entered();
    let Run { sources: [sources], context, .. } = run else {
        return Err(Error::internal("a pass has one program"));
    };
    let elements = pass.shape().iter().product();
    context.record(Work::Stage, 1, elements, || evaluate(pass, sources, run))?;
    Metrics::add(&context.metrics.pass_ns, began.elapsed().as_nanos() as usize);
    Ok(())
}

fn evaluate(pass: &Pass, sources: &[Arc<dyn Source>], run: &Run<'_>) -> Result<()> {
    let Run { sinks, context, done, .. } = *run;
    let (share, unit) = (pass.share, pass.unit());
    let foldings = pass.foldings(sinks);
    let total = pass.tiles.len();
    if total == 0 {
        for (folding, sink) in foldings.iter().zip(sinks) {
            if let Some(folding) = folding {
                folding.identity(sink.shape())?;
            }
        }
        return Ok(());
    }
    let shared = InputCache::new(share.cache as usize, share.keeps);
    let longest = pass.longest(share.keeps);
    let mut results = Vec::new();
    if pass.in_place() {
        for sink in sinks {
            results.extend(sink.memory()?);
        }
    }
    let bands = (results.len() == sinks.len()).then(|| {
        let results = results.iter_mut().zip(sinks).map(|(r, sink)| (r.bytes_mut(), sink.dtype().size()));
        Bands::new(results.collect(), &pass.program.domain, &pass.tiles)
    });
    let turns = Turns::new(total);
    let work = || -> Result<()> {
        let mut worker = Worker::new(&pass.program, &pass.order, &longest, sources, context, &shared)?;
        let mut fills: Vec<Buffer> = pass.outputs.iter().map(|_| Buffer::default()).collect();
        while let Some(n) = turns.take(context)? {
            let index = tile_index(&pass.tiles, &pass.walk, n);
            match &bands {
                Some(bands) => tile_in_place(pass, &mut worker, &index, bands, context)?,
                None => one_tile(pass, &mut worker, &index, &mut fills, &foldings, sinks, context)?,
            }
            done(pass.tiles.tile(&index).1.iter().product::<u64>() * unit);
        }
        Ok(())
    };
    let ran = std::thread::scope(|threads| {
        if share.workers.min(total) > 1
            && let Some(ahead) = ReadAhead::new(pass, &longest, sources, context, &shared, &turns)
        {
            threads.spawn(|| ahead.run());
        }
        turns.run(share.workers, context, work)
    });
    if share.keeps {
        sources.iter().for_each(|source| source.release_all());
    }
    ran
}

fn tile_in_place(
    pass: &Pass,
    worker: &mut Worker<'_>,
    index: &[u64],
    bands: &Bands<'_>,
    context: &Context,
) -> Result<()> {
    let (start, shape) = pass.tiles.tile(index);
    bands.each(&start, &shape, |start, shape, bands| {
        let fill = |Band { bytes, strides, item }| Out::Fill { bytes, strides, item };
        let mut outs: Vec<Out<'_>> = bands.into_iter().map(fill).collect();
        let elements: u64 = shape.iter().product();
        let items: usize = pass.outputs.iter().map(Output::item).sum();
        Metrics::add(&context.metrics.written, elements as usize * items);
        context.record(Work::Tile, 1, elements, || worker.tile(start, shape, &mut outs))
    })
}

/// Evaluates the tile at `index`: folds are delivered to `foldings`, results that are written to `sinks`. `fills` are
/// buffers, one for each output.
pub(in crate::exec) fn one_tile(
    pass: &Pass,
    worker: &mut Worker<'_>,
    index: &[u64],
    fills: &mut [Buffer],
    foldings: &[Option<Folding<'_>>],
    sinks: &[Arc<dyn Sink + '_>],
    context: &Context,
) -> Result<()> {
    let (start, shape) = pass.tiles.tile(index);
    let elements = shape.iter().product::<u64>() as usize;
    let fresh = |folding: &Option<Folding<'_>>| folding.as_ref().map(|f| f.states(&shape)).transpose();
    let mut states = foldings.iter().map(fresh).collect::<Result<Vec<_>>>()?;
    let mut outs = Vec::with_capacity(pass.outputs.len());
    for ((output, fill), state) in pass.outputs.iter().zip(fills.iter_mut()).zip(&mut states) {
        outs.push(match (output, state) {
            (Output::Fold(reduced), Some(states)) => {
                Out::Fold { fold: Fold::new(reduced, &pass.order, &shape), states }
            }
            _ => {
                let item = output.item();
                let (bytes, strides) = (fill.reserve(elements * item)?, c_strides(&shape, item));
                Out::Fill { bytes, strides, item }
            }
        });
    }
    context.record(Work::Tile, 1, elements as u64, || worker.tile(&start, &shape, &mut outs))?;
    drop(outs);
    for ((((output, fill), state), folding), sink) in
        pass.outputs.iter().zip(fills).zip(states).zip(foldings).zip(sinks)
    {
        match (output, folding.as_ref().zip(state)) {
            (Output::Write(written), _) => {
                let bytes = elements * written.item as usize;
                context.record(Work::of_sink(sink.as_ref()), 1, bytes as u64, || {
                    sink.write(&start, &shape, fill.bytes().get(..bytes).unwrap_or(&[]))
                })?;
                Metrics::add(&context.metrics.written, bytes);
            }
            (Output::Fold(_), Some((folding, state))) => folding.deliver(index, state.into_buffer())?,
            (Output::Fold(_), None) => {}
        }
    }
    Ok(())
}
