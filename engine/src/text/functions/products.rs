//! Products of arrays.

use super::{Function, functions};
use crate::text::call::Call;
use crate::text::error::{Fault, Result};
use crate::text::meaning::{Meaning, Placed};
use crate::text::number::Number;
use crate::{Expr, ProductOrder};

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = functions! {
    "cross" false "cross product of vectors of 2 or 3 elements": cross;
    "dot" true "product of vectors or matrices": product;
    "einsum" false "sum of products over named axes, as in einsum('ij,jk->ik', a, b)": einsum;
    "inner" false "sum of products over the last axes": product;
    "kron" false "Kronecker product": product;
    "matmul" false "product of matrices": product;
    "matvec" false "products of matrices with vectors": product;
    "outer" false "all products of the elements of two arrays": product;
    "tensordot" false "sum of products over pairs of axes": tensordot;
    "vdot" false "sum of products of all elements, the first conjugated": product;
    "vecdot" false "sum of products along an axis, the first conjugated": vecdot;
    "vecmat" false "products of conjugated vectors with matrices": product;
};

fn product(name: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["a", "b"])?;
    let (x, y) = (b.array("a")?, b.array("b")?);
    match name {
        "dot" => x.dot(&y),
        "inner" => x.inner(&y),
        "kron" => x.kron(&y),
        "matvec" => x.matvec(&y),
        "outer" => x.outer(&y),
        "vdot" => x.vdot(&y),
        "vecmat" => x.vecmat(&y),
        _ => x.matmul(&y),
    }
    .map_err(|e| Fault::engine(&call.at, e))
}

fn vecdot(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["x1", "x2", "*", "axis?", "axes?", "keepdims?"])?;
    let kept = b.boolean("keepdims")?;
    let (x1, x2, place) = match (b.get("axis"), b.get("axes")) {
        (Some(_), Some(axes)) => {
            return Err(Fault::new(&axes.span, "expected 'axis' or 'axes', found both").help("leave one out"));
        }
        (None, Some(axes)) => listed(axes, kept)?,
        (axis, None) => {
            let axis = axis.map_or(Ok(-1), |p| p.integer())?;
            (axis, axis, axis)
        }
    };
    let about = if b.get("axes").is_some() { "axes" } else { "axis" };
    let product = b.array("x1")?.vecdot(&b.array("x2")?, [x1, x2]).map_err(|e| b.fault(about, e))?;
    match kept {
        true => product.expand_dims(&[place]).map_err(|e| b.fault(about, e)),
        false => Ok(product),
    }
}

/// The axes of two arrays, and the place of the axis that the result keeps.
fn listed(axes: &Placed, kept: bool) -> Result<(i64, i64, i64)> {
    let Meaning::List(items) = &axes.meaning else { return Err(axes.wrong("a list")) };
    let one = |item: &Placed| match &item.meaning {
        Meaning::Tuple(parts) if parts.len() == 1 => parts[0].integer(),
        _ => item.integer(),
    };
    let none = |item: &Placed| matches!(&item.meaning, Meaning::Tuple(parts) if parts.is_empty());
    match &items[..] {
        [x1, x2] => Ok((one(x1)?, one(x2)?, -1)),
        [x1, x2, result] if kept => Ok((one(x1)?, one(x2)?, one(result)?)),
        [x1, x2, result] if none(result) => Ok((one(x1)?, one(x2)?, -1)),
        _ => Err(Fault::value(&axes.span, "expected an axis of each array")
            .help("as in axes=[0, 1], or axes=[0, 1, 0] with keepdims=True")),
    }
}

fn cross(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["a", "b", "axisa?", "axisb?", "axisc?", "axis?"])?;
    let axis = |name: &str| b.some("axis").or(b.get(name)).map_or(Ok(-1), |p| p.integer());
    b.array("a")?
        .cross(&b.array("b")?, [axis("axisa")?, axis("axisb")?, axis("axisc")?])
        .map_err(|e| b.fault("axis", e))
}

fn tensordot(_: &str, call: &Call<'_>) -> Result<Expr> {
    let b = call.bind(&["a", "b", "axes?"])?;
    let (ours, theirs) = match b.get("axes").map(|p| (&p.meaning, p)) {
        Some((Meaning::Tuple(pair) | Meaning::List(pair), p)) => match &pair[..] {
            [ours, theirs] => (ours.integers()?, theirs.integers()?),
            _ => {
                return Err(Fault::new(&p.span, "expected the axes of both arrays")
                    .help("as in axes=([0, 1], [1, 0]), or a number of axes"));
            }
        },
        number => {
            let n = number.map_or(Ok(2), |(_, p)| p.integer())?;
            // an array has at most 64 axes or so; more are refused below
            let n = n.clamp(0, 1000);
            ((-n..0).collect(), (0..n).collect())
        }
    };
    b.array("a")?.tensordot(&b.array("b")?, [&ours, &theirs]).map_err(|e| b.fault("axes", e))
}

/// `einsum("ij,jk->ik", a, b)`, or `einsum(a, [0, 1], b, [1, 2], [0, 2])`.
fn einsum(_: &str, call: &Call<'_>) -> Result<Expr> {
    let (mut order, mut dtype) = (ProductOrder::default(), None);
    for (keyword, value) in &call.given {
        match keyword.as_ref().map(|k| (k.0.as_str(), &k.1)) {
            None => {}
            Some(("optimize", _)) => order = in_order(value)?,
            Some(("dtype", _)) => {
                dtype = Some(value).filter(|p| !p.is_none()).map(|p| p.dtype()).transpose()?;
            }
            Some((name, at)) => {
                let fault = Fault::new(at, format!("einsum has no argument '{name}'"));
                return Err(fault.help("einsum(subscripts, arrays, ..., [optimize], [dtype])"));
            }
        }
    }
    let placed: Vec<&Placed> = call.positional().collect();
    let (subscripts, arrays) = match placed.split_first() {
        Some((Placed { meaning: Meaning::Str(text), .. }, arrays)) => (text.clone(), arrays.to_vec()),
        Some(_) => {
            let arrays = placed.chunks_exact(2).map(|pair| pair[0]).collect();
            let inputs = placed.chunks_exact(2).map(|pair| letters(pair[1])).collect::<Result<Vec<_>>>()?;
            let output = match placed.chunks_exact(2).remainder() {
                [output] => format!("->{}", letters(output)?),
                _ => String::new(),
            };
            (inputs.join(",") + &output, arrays)
        }
        None => return Err(Fault::value(&call.at, "einsum needs subscripts and arrays")),
    };
    let fail = |e| Fault::engine(&call.at, e);
    let mut arrays = arrays.into_iter().map(Placed::array).collect::<Result<Vec<_>>>()?;
    if let Some(dtype) = dtype {
        for array in &mut arrays {
            if crate::promote::promote_types(array.dtype(), dtype) != Ok(dtype) {
                return Err(Fault::new(
                    &call.at,
                    format!("{} does not hold all values of {dtype}", array.dtype()),
                )
                .help("convert the arrays first: x.astype(dtype)"));
            }
            *array = array.cast(dtype).map_err(fail)?;
        }
    }
    Expr::einsum(&subscripts, &arrays, &order).map_err(fail)
}

/// The letters of a list of numbers and `...`.
fn letters(list: &Placed) -> Result<String> {
    let (Meaning::List(items) | Meaning::Tuple(items)) = &list.meaning else {
        return Err(Fault::new(&list.span, "expected a list of the axes' numbers")
            .help("as in einsum(a, [0, 1], b, [1, 2]), or begin with a text"));
    };
    let one = |item: &Placed| match item.meaning {
        Meaning::Ellipsis => Ok("...".to_owned()),
        _ => match u8::try_from(item.integer()?) {
            Ok(n @ 0..=25) => Ok(char::from(b'A' + n).to_string()),
            Ok(n @ 26..=51) => Ok(char::from(b'a' + n - 26).to_string()),
            _ => Err(Fault::value(&item.span, "an axis has a number from 0 to 51")),
        },
    };
    items.iter().map(one).collect()
}

/// The meaning of `optimize`.
fn in_order(value: &Placed) -> Result<ProductOrder> {
    match &value.meaning {
        Meaning::Number(Number::Bool(false)) => Ok(ProductOrder::Given),
        Meaning::Number(Number::Bool(true)) => Ok(ProductOrder::Greedy),
        Meaning::Str(name) if name == "greedy" => Ok(ProductOrder::Greedy),
        Meaning::Str(name) if name == "optimal" => Ok(ProductOrder::Best),
        Meaning::List(items) | Meaning::Tuple(items)
            if matches!(items.first(), Some(Placed { meaning: Meaning::Str(_), .. })) =>
        {
            let step = |step: &Placed| {
                let places = step.integers()?.into_iter().map(usize::try_from);
                let places = places.collect::<std::result::Result<Vec<_>, _>>();
                places.map_err(|_| Fault::new(&step.span, "the places of arrays count from 0"))
            };
            items.iter().skip(1).map(step).collect::<Result<_>>().map(ProductOrder::Path)
        }
        _ => Err(Fault::new(&value.span, "optimize is True, False, 'greedy', 'optimal' or a path")
            .help("a path is a list such as ['einsum_path', (0, 1), (0, 1)]")),
    }
}
