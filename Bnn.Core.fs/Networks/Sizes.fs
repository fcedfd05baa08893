namespace Bnn

/// Rows and columns: of a kernel, a stride, a padding. A whole number stands for a square, and a pair for itself.
[<Struct>]
type Size2 =
    {
        Rows: int
        Columns: int
    }

    /// So many rows and as many columns.
    static member op_Implicit(size: int) : Size2 = { Rows = size; Columns = size }

    /// Rows and columns.
    static member op_Implicit(struct (rows, columns): struct (int * int)) : Size2 = { Rows = rows; Columns = columns }

    /// Half as many, rounded down: the padding that keeps the size of an image under an odd kernel.
    member internal size.Half: Size2 =
        {
            Rows = size.Rows / 2
            Columns = size.Columns / 2
        }

    /// For instance `3 x 3`.
    override size.ToString() = $"%d{size.Rows} x %d{size.Columns}"

/// What flows through a network for one image: channels of rows and columns. A vector has one row and one column, a series one row.
[<Struct>]
type FeatureSize =
    {
        Channels: int64
        Height: int64
        Width: int64
    }

    /// So many channels, rows and columns.
    static member Of(channels: int64, height: int64, width: int64) =
        {
            Channels = channels
            Height = height
            Width = width
        }

    /// Whether they are the same.
    static member op_Equality(a: FeatureSize, b: FeatureSize) = a.Equals b

    /// Whether they differ.
    static member op_Inequality(a: FeatureSize, b: FeatureSize) = not (a.Equals b)

    /// How many numbers.
    member size.Count = size.Channels * size.Height * size.Width

    /// For instance `64 x 28 x 28`.
    override size.ToString() =
        $"%d{size.Channels} x %d{size.Height} x %d{size.Width}"
