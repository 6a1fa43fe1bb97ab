//! The lazy array.

use std::ffi::c_int;
use std::sync::Arc;

use arrstore::text::object::{Object, subscript};
use arrstore::{DType, Expr, Plan as Planned, Target, elements};
use pyo3::exceptions::{PyBufferError, PyIndexError, PyKeyError, PyOverflowError, PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PySlice, PyString, PyTuple};

use crate::buffer;
use crate::call::settled;
use crate::dtype::to_numpy;
use crate::errors::Failed;
use crate::object::index;
use crate::run::run;
use crate::settings::context;

/// A lazy array: elements of a file or of memory, or a computation on other arrays.
#[pyclass(subclass, module = "arrstore", weakref)]
pub(crate) struct Array {
    pub(crate) expr: Expr,
    /// Where its elements are stored, for an array of a file.
    pub(crate) origin: Option<Origin>,
    /// The call that made it.
    pub(crate) made: Option<Arc<Made>>,
}

/// The place of an array of a file.
#[derive(Clone, Debug)]
pub(crate) enum Origin {
    /// An array of an `.arrs` file, as of a commit.
    Stored { path: String, name: String, commit: u64 },
    /// A path that [`arrstore::open`] reads.
    Path { path: String, commit: Option<u64> },
}

/// The call that made an array, so that another process can repeat it.
pub(crate) struct Made {
    pub(crate) name: String,
    pub(crate) object: Option<Py<PyAny>>,
    pub(crate) args: Py<PyTuple>,
    pub(crate) kwargs: Option<Py<PyDict>>,
    /// Which of several results it is.
    pub(crate) number: Option<usize>,
}

impl Array {
    pub(crate) fn new(expr: Expr) -> Array {
        Array { expr, origin: None, made: None }
    }

    /// The same elements, as an object of their own: no later assignment to this object reaches it.
    pub(crate) fn snapshot(&self) -> Array {
        Array { expr: self.expr.clone(), origin: self.origin.clone(), made: self.made.clone() }
    }
}

/// The elements as an array of NumPy.
fn computed<'py>(py: Python<'py>, expr: &Expr) -> PyResult<Bound<'py, PyAny>> {
    let value = run(py, expr.work_bytes(), |context| {
        let plan = Planned::new(&[(expr.clone(), Target::Memory)], context)?;
        Ok(plan.run(context)?.pop().flatten())
    })?;
    let value = value.ok_or_else(|| PyValueError::new_err("the plan gave no value"))?;
    buffer::of_value(py, value)
}

#[pymethods]
impl Array {
    /// The same elements in another object, perhaps of a class of Python that extends this one.
    #[new]
    fn of(array: PyRef<'_, Array>) -> Array {
        array.snapshot()
    }

    /// Shows the elements of another array.
    fn _rebase(&mut self, array: PyRef<'_, Array>) {
        *self = array.snapshot();
    }

    /// Elements along each axis.
    #[getter]
    fn shape<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.expr.shape())
    }

    /// Number of axes.
    #[getter]
    fn ndim(&self) -> usize {
        self.expr.ndim()
    }

    /// Number of elements.
    #[getter]
    fn size(&self) -> PyResult<u64> {
        Ok(elements(self.expr.shape()).map_err(Failed::from)?)
    }

    /// Bytes of one element.
    #[getter]
    fn itemsize(&self) -> usize {
        self.expr.dtype().size()
    }

    /// Bytes of all elements.
    #[getter]
    fn nbytes(&self) -> PyResult<u64> {
        Ok(self.size()?.saturating_mul(self.itemsize() as u64))
    }

    /// Type of the elements.
    #[getter]
    fn dtype<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_numpy(py, self.expr.dtype())
    }

    /// Elements of a chunk along each axis, of an array of a file; `None` for a computation.
    #[getter]
    fn chunks<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyTuple>>> {
        self.expr.chunk_shape().map(|chunk| PyTuple::new(py, chunk)).transpose()
    }

    /// Where the elements are stored: path, name and commit; `None` for a computation.
    #[getter]
    fn origin(&self) -> Option<(String, Option<String>, Option<u64>)> {
        match self.origin.clone()? {
            Origin::Stored { path, name, commit } => Some((path, Some(name), Some(commit))),
            Origin::Path { path, commit } => Some((path, None, commit)),
        }
    }

    /// The call that made the array: function, object, arguments, named arguments, and which of its results.
    #[getter]
    fn _made<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyTuple>>> {
        let Some(made) = &self.made else { return Ok(None) };
        let object = made.object.as_ref().map(|object| object.clone_ref(py));
        let kwargs = match &made.kwargs {
            Some(kwargs) => kwargs.clone_ref(py),
            None => PyDict::new(py).unbind(),
        };
        let parts = (&made.name, object, made.args.clone_ref(py), kwargs, made.number);
        Ok(Some(parts.into_pyobject(py)?))
    }

    /// The axes in reverse order.
    #[getter(T)]
    fn transposed<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        method(slf, "transpose")
    }

    /// The last two axes exchanged.
    #[getter(mT)]
    fn matrix_transposed<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        crate::call::call(slf.py(), "matrix_transpose", None, &PyTuple::new(slf.py(), [slf])?, None)
    }

    /// The real part.
    #[getter]
    fn real<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        crate::call::call(slf.py(), "real", None, &PyTuple::new(slf.py(), [slf])?, None)
    }

    /// The imaginary part.
    #[getter]
    fn imag<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        crate::call::call(slf.py(), "imag", None, &PyTuple::new(slf.py(), [slf])?, None)
    }

    /// A part of the array.
    fn __getitem__<'py>(slf: &Bound<'py, Self>, key: &Bound<'py, PyAny>) -> PyResult<Bound<'py, Array>> {
        let py = slf.py();
        let expr = slf.borrow().expr.clone();
        let is_record = expr.dtype().kind() == arrstore::Kind::Record;
        let not_an_index = |error: PyErr| match is_record {
            true if key.is_instance_of::<PyString>() => error,
            true if names_fields(key) => PyKeyError::new_err(error.value(py).to_string()),
            _ => index_error(py, error),
        };
        let index = index(key).map_err(|error| match ends_are_wrong(key) {
            true => error,
            false => not_an_index(error),
        })?;
        // elements are counted here if the index is a mask
        let is_simple = simple(&index);
        let bytes = if is_simple { 0 } else { slf.borrow().nbytes()? };
        let part = run(py, bytes, |context| Ok(subscript(&expr, index, context)?)).map_err(not_an_index)?;
        let key = if is_simple { key.clone() } else { settled(key)? };
        let made = Made {
            name: "[]".to_owned(),
            object: Some(settled(slf.as_any())?.unbind()),
            args: PyTuple::new(py, [key])?.unbind(),
            kwargs: None,
            number: None,
        };
        Bound::new(py, Array { made: Some(Arc::new(made)), ..Array::new(part) })
    }

    fn __len__(&self) -> PyResult<usize> {
        match self.expr.shape() {
            [] => Err(PyTypeError::new_err("len() of unsized object")),
            [first, ..] => Ok(*first as usize),
        }
    }

    /// Computes the elements: an array of NumPy, or a number of NumPy for an array without axes.
    fn compute<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let expr = slf.borrow().expr.clone();
        let array = computed(slf.py(), &expr)?;
        if expr.ndim() == 0 { array.get_item(PyTuple::empty(slf.py())) } else { Ok(array) }
    }

    /// The elements as an array of NumPy: where they lie and read-only, or else computed.
    #[pyo3(name = "_asarray")]
    fn as_array<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let (py, expr) = (slf.py(), slf.borrow().expr.clone());
        match buffer::in_place(py, &expr, context().check)? {
            Some(array) => Ok(array),
            None => computed(py, &expr),
        }
    }

    /// The buffer protocol, with the elements of `numpy.asarray`.
    #[expect(unsafe_code, reason = "the buffer protocol hands out pointers")]
    unsafe fn __getbuffer__(slf: Bound<'_, Self>, view: *mut ffi::Py_buffer, flags: c_int) -> PyResult<()> {
        if flags & ffi::PyBUF_WRITABLE != 0 {
            // the elements were computed for this request alone: what is written to them would be lost without a word
            let words = "the elements of a lazy array are only read: write to numpy.array(a), a copy of them";
            return Err(PyBufferError::new_err(words));
        }
        if let DType::Record(_) = slf.borrow().expr.dtype() {
            // NumPy, which asks for a buffer first, cannot read all of its own descriptions of records
            return Err(PyBufferError::new_err("records have no buffer: use numpy.asarray"));
        }
        buffer::pass_on(&Array::as_array(&slf)?, view, flags)
    }

    /// Does nothing: the request is answered by an array of NumPy, which lets go of itself. But `numpy.frombuffer` keeps
    /// a request open only if it finds this here, and otherwise reads memory that is gone.
    #[expect(unsafe_code, reason = "the buffer protocol hands out pointers")]
    unsafe fn __releasebuffer__(&self, _view: *mut ffi::Py_buffer) {}

    fn __bool__(slf: &Bound<'_, Self>) -> PyResult<bool> {
        let size = slf.borrow().size()?;
        if size != 1 {
            let words =
                "the truth value of an array of other than one element is ambiguous: use any() or all()";
            return Err(PyValueError::new_err(words));
        }
        Array::as_array(slf)?.call_method0("item")?.is_truthy()
    }

    /// The plan of the computation.
    fn explain(slf: &Bound<'_, Self>) -> PyResult<Plan> {
        // nothing stays borrowed while others may run
        let (expr, context) = (slf.borrow().expr.clone(), context());
        let explained =
            slf.py().detach(|| arrstore::Array::from(expr).explain(&context)).map_err(Failed::from)?;
        Ok(Plan { text: explained.to_string(), peak: explained.peak, budget: explained.budget })
    }

    /// Computes the array into a file. The path gives the format.
    fn save(slf: &Bound<'_, Self>, path: std::path::PathBuf) -> PyResult<()> {
        let expr = slf.borrow().expr.clone();
        let bytes = expr.work_bytes();
        run(slf.py(), bytes, |context| Ok(arrstore::Array::from(expr).save_in(path, context)?))
    }

    /// The array as NumPy prints it. A long array computes only the edges that are printed.
    fn __str__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let expr = slf.borrow().expr.clone();
        run(slf.py(), expr.work_bytes(), |context| Ok(arrstore::Array::from(expr).text_in(context)?))
    }
}

/// Whether an index is a list of names.
fn names_fields(key: &Bound<'_, PyAny>) -> bool {
    let first = key.cast::<PyList>().ok().and_then(|names| names.get_item(0).ok());
    first.is_some_and(|name| name.is_instance_of::<PyString>())
}

/// Whether a slice in an index has an end that is no integer, which is a `TypeError` in NumPy too.
fn ends_are_wrong(key: &Bound<'_, PyAny>) -> bool {
    let is_wrong = |part: &Bound<'_, PyAny>| part.is_instance_of::<PySlice>() && index(part).is_err();
    key.cast::<PyTuple>().map_or_else(|_| is_wrong(key), |parts| parts.iter().any(|part| is_wrong(&part)))
}

/// The error of an index as NumPy's, an `IndexError`.
fn index_error(py: Python<'_>, error: PyErr) -> PyErr {
    let is = |class: &Bound<'_, PyAny>| error.value(py).is_instance(class).unwrap_or(false);
    let of_index = [
        py.get_type::<PyTypeError>().into_any(),
        py.get_type::<PyValueError>().into_any(),
        py.get_type::<PyOverflowError>().into_any(),
    ];
    match of_index.iter().any(is) && !is(py.get_type::<PyIndexError>().as_any()) {
        true => PyIndexError::new_err(error.value(py).to_string()),
        false => error,
    }
}

/// Whether an index has only integers, slices, `...` and `None`.
fn simple(index: &Object) -> bool {
    match index {
        Object::Int(_) | Object::Slice(_) | Object::None | Object::Ellipsis => true,
        Object::Tuple(parts) => parts.iter().all(simple),
        _ => false,
    }
}

fn method<'py>(array: &Bound<'py, Array>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    crate::call::call(array.py(), name, Some(array), &PyTuple::empty(array.py()), None)
}

/// The plan of a computation, described.
#[pyclass(frozen, module = "arrstore")]
pub(crate) struct Plan {
    text: String,
    /// The most bytes of memory that the computation takes.
    #[pyo3(get)]
    peak: u64,
    /// Bytes of memory allowed.
    #[pyo3(get)]
    budget: u64,
}

#[pymethods]
impl Plan {
    fn __repr__(&self) -> &str {
        &self.text
    }
}
