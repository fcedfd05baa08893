namespace Bnn

/// C# users see what is not marked `[<EditorBrowsable(Never)>]`: modules of functions, and members whose types F# alone has, are
/// left out of their completion lists.
[<AutoOpen>]
module internal Visibility =
    type EditorBrowsable = System.ComponentModel.EditorBrowsableAttribute

    [<Literal>]
    let Never = System.ComponentModel.EditorBrowsableState.Never
