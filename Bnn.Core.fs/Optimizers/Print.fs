namespace Bnn

/// Formulas as text, as they are written: `Simplify` makes them shorter to read, `Parse` reads them.
[<EditorBrowsable(Never)>]
module Print =
    /// The definitions as lines `name = formula`. What several of them share gets a line of its own.
    let definitions (named: (string * Expr) list) = Lines.text named

    /// One formula on one line. A part that it uses twice is written twice; where the whole becomes long, or nests deep, parts have
    /// names before it: `a = w * w; a + exp(a)`.
    let expr (e: Expr) = Lines.expr e

    /// The rule as the assignments of one step: m' is m after the step.
    let text (rule: Rule) = string rule
