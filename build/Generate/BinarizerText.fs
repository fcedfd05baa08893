/// What the page of binarizers says besides its entries.
module Bnn.Generate.BinarizerText

let introduction =
    """# Binarizers

<!-- Written by build/Generate from the catalogue of Bnn.Core. -->
A binarizer is a function from real numbers to few values. Its own derivative is 0 almost everywhere, so training uses
that of another function, its surrogate ([terms](terms.md#weights-and-signs)). Both languages have the same
binarizers:
```csharp
var sign = Binarizers.TanhSign(Schedules.Linear(1, 0.1));                  // narrower during the stage
var weights = sign.WithScale(WeightScale.Detached);                        // scaled for each output channel
Console.WriteLine(string.Join(", ", weights.Apply([-0.5, 0.2, 1.5])));     // what it makes of a channel
Console.WriteLine(weights.ToLatex());
```
```fsharp
let sign = Binarizer.tanhSign (Schedule.linear 1.0 0.1)
let weights = Scale.detached (Scale.mean Channel) sign                     // the same binarizer
```
`StraightThrough()` (`Binarizer.straightThrough`) gives any of them derivative 1 everywhere; `AsHeaviside()`
(`Binarizer.heaviside`) makes 0 and 1 of -1 and +1.

## How to read the entries
- `value` is the value in training; `evaluation` is the value outside training, without noise and as hard as it gets.
- `derivative` is the surrogate's, with respect to x. Where x also changes the values of other numbers, `gradient` is
  that of a loss whose gradient with respect to the values is dy. Where these are long, `surrogate` is what they are
  derived from.
- Formulas are in the library's text form, shortened. sign(x) is +1 at 0, signum(x) is 0 there. `channel_sum` is over
  a channel of n numbers, `max_abs` over the whole tensor. Where weights are called w, x is w.
- Options that may be schedules stand by their names, others by their defaults. A schedule is a formula over the
  iteration t and the stage's length T.
- Pictures show x in -2..2 and the defaults. One with reductions is over a channel of 301 evenly spaced numbers from
  -1.5 to 1.5, whose mean magnitude is 0.75; its gradient is that of each value with respect to its own x. One with a
  schedule is shown at the start, the middle and the end of a stage; one with noise by its mean and at two numbers of
  noise. A learned scale is 1.
- Noise is a uniform number in [0, 1) for each x, the same forward and backward.
- Places: a channel of weights is an output channel, their whole is the layer's weights. A reduction over activations
  is over one image, so that an image's output does not depend on its batch.
"""

let scales =
    """A scale is a number for each output channel. alpha is mean |w| over it: of all numbers, alpha sign(w) is closest
to w with this alpha (Rastegari et al., ECCV 2016, equation 6). b is any binarizer, `mean` is `Scale.mean Channel`. In
F# `valueOnly`, `detached` and `attached` also take `Scale.mean Whole`, `Scale.ternary Channel`, `Scale.powerOfTwo` of a
scale, or a formula of your own."""
