//! Operands: names, literals and brackets, with their calls, attributes and subscripts.

use std::ops::Range;

use super::{Parser, Tree, power};
use crate::text::ast::{Argument, Item, Kind, Node};
use crate::text::error::{Fault, Result};
use crate::text::lexer::Token;

impl Parser {
    /// An atom with its calls, attributes and subscripts.
    pub(super) fn postfix(&mut self) -> Result<Tree> {
        let mut node = self.atom()?;
        loop {
            let open = self.span();
            let start = node.0.span.start;
            node = if self.accept("(") {
                let (arguments, depth) = self.arguments(&open)?;
                let kind = Kind::Call(Box::new(node.0), arguments);
                self.build(kind, start..self.end(), node.1.max(depth))?
            } else if self.accept("[") {
                let (items, depth, comma) = self.items(&open)?;
                let kind = Kind::Subscript(Box::new(node.0), items, comma);
                self.build(kind, start..self.end(), node.1.max(depth))?
            } else if self.accept(".") {
                let (token, at) = self.take();
                let Token::Name(name) = token else {
                    return Err(Fault::new(&at, "expected a name after '.'"));
                };
                let kind = Kind::Attribute(Box::new(node.0), name, at);
                self.build(kind, start..self.end(), node.1)?
            } else {
                return Ok(node);
            };
        }
    }

    fn arguments(&mut self, open: &Range<usize>) -> Result<(Vec<Argument>, usize)> {
        let (mut arguments, mut depth) = (Vec::<Argument>::new(), 0);
        while !self.is(")") {
            if self.is("*") || self.is("**") {
                return Err(Fault::new(
                    &self.span(),
                    "arguments cannot be unpacked with * or **: write each one",
                ));
            }
            let (mut value, mut d) = self.expression(power::ANY)?;
            let mut name = None;
            if self.is("=") {
                let Kind::Name(word) = value.kind else { return Err(self.unexpected()) };
                if arguments.iter().any(|a| a.name.as_ref().is_some_and(|n| n.0 == word)) {
                    return Err(Fault::new(&value.span, format!("the argument '{word}' is given twice")));
                }
                name = Some((word, value.span));
                self.at += 1;
                (value, d) = self.expression(power::ANY)?;
            } else if arguments.last().is_some_and(|a| a.name.is_some()) {
                return Err(Fault::new(
                    &value.span,
                    "an argument without a name follows one with a name: write it first",
                ));
            }
            depth = depth.max(d);
            arguments.push(Argument { name, value });
            if !self.accept(",") {
                break;
            }
        }
        self.close(")", open)?;
        Ok((arguments, depth))
    }

    /// The parts of a subscript, the depth of the deepest part, and whether there is a comma.
    fn items(&mut self, open: &Range<usize>) -> Result<(Vec<Item>, usize, bool)> {
        let (mut items, mut depth, mut comma) = (Vec::new(), 0, false);
        if self.is("]") {
            return Err(Fault::new(
                &(open.start..self.span().end),
                "the subscript is empty: expected an index",
            ));
        }
        while !self.is("]") {
            items.push(self.item(&mut depth)?);
            if !self.accept(",") {
                break;
            }
            comma = true;
        }
        self.close("]", open)?;
        Ok((items, depth, comma))
    }

    fn item(&mut self, depth: &mut usize) -> Result<Item> {
        let from = self.span().start;
        let mut part = |parser: &mut Parser| -> Result<Option<Node>> {
            if [":", ",", "]"].iter().any(|s| parser.is(s)) {
                return Ok(None);
            }
            let (node, d) = parser.expression(power::ANY)?;
            *depth = (*depth).max(d);
            Ok(Some(node))
        };
        let start = part(self)?;
        if !self.accept(":") {
            return start.map(Item::Value).ok_or_else(|| self.unexpected());
        }
        let stop = part(self)?;
        let step = if self.accept(":") { part(self)? } else { None };
        Ok(Item::Slice { start, stop, step, span: from..self.end() })
    }

    fn atom(&mut self) -> Result<Tree> {
        let (token, span) = self.take();
        let kind = match token {
            Token::Int(n) => Kind::Int(n),
            Token::Float(x) => Kind::Float(x),
            Token::Imaginary(x) => Kind::Imaginary(x),
            Token::Str(s) => Kind::Str(s),
            Token::Sign("...") => Kind::Ellipsis,
            Token::Sign("(") => return self.parenthesis(&span),
            Token::Sign("[") => return self.list(&span),
            Token::Name(name) => match name.as_str() {
                "True" => Kind::Bool(true),
                "False" => Kind::Bool(false),
                "None" => Kind::None,
                "and" | "or" | "not" | "if" | "else" | "for" | "in" | "is" | "lambda" | "await"
                | "import" => {
                    self.at -= 1;
                    return Err(self.unexpected());
                }
                _ => Kind::Name(name),
            },
            Token::End => {
                return Err(Fault::new(&span, "the expression ends too early: expected an operand"));
            }
            Token::Sign(_) => {
                self.at -= 1;
                return Err(self.unexpected());
            }
        };
        self.build(kind, span, 0)
    }

    fn parenthesis(&mut self, open: &Range<usize>) -> Result<Tree> {
        if self.accept(")") {
            return self.build(Kind::Tuple(Vec::new()), open.start..self.end(), 0);
        }
        let (mut node, depth) = self.tuple(")")?;
        self.close(")", open)?;
        node.span = open.start..self.end();
        Ok((node, depth))
    }

    fn list(&mut self, open: &Range<usize>) -> Result<Tree> {
        let (mut items, mut depth) = (Vec::new(), 0);
        while !self.is("]") {
            let (item, d) = self.expression(power::ANY)?;
            items.push(item);
            depth = depth.max(d);
            if !self.accept(",") {
                break;
            }
        }
        self.close("]", open)?;
        self.build(Kind::List(items), open.start..self.end(), depth)
    }
}
