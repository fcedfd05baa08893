namespace Bnn.Experiments

open System
open ScottPlot

/// A function of two variables, by its heights on a grid, drawn as a map or as a block seen from a corner.
[<RequireQualifiedAccess>]
module Surface =
    /// A cell of the grid, its corners as they are drawn, and its mean height.
    type Cell =
        {
            Corners: Coordinates list
            Height: float
        }

    /// Cells of a grid of heights, at least 2 x 2, those that lie behind first, so that later ones hide what they hide. `place` says where the picture has a
    /// point of row, column (both 0..1) and height.
    let cells (place: float -> float -> float -> Coordinates) (heights: float[][]) =
        let rows, columns = heights.Length - 1, heights[0].Length - 1

        let corner (row, column) =
            place (float row / float rows) (float column / float columns) (heights[row][column])

        [
            for behind in rows + columns - 2 .. -1 .. 0 do
                for row in max 0 (behind - columns + 1) .. min behind (rows - 1) do
                    let column = behind - row
                    let corners = [ row, column; row, column + 1; row + 1, column + 1; row + 1, column ]

                    {
                        Corners = List.map corner corners
                        Height = corners |> List.averageBy (fun (row, column) -> heights[row][column])
                    }
        ]

    /// Seen from the corner of row 0 and column 0, from above: 2 wide, 1 deep, heights upwards as they are.
    let fromCorner row column height =
        Coordinates(column - row, 0.5 * (row + column) + height)

    /// Seen from above: 1 wide, 1 deep.
    let fromAbove row column (_: float) = Coordinates(column, row)

    let private colours = Colormaps.Viridis()

    /// The colour of a height in 0..1.
    let colour (height: float) =
        colours.GetColor(Math.Clamp(height, 0.0, 1.0))

    /// Draws heights in 0..1 with the point (0, 0) of the projection at `left`; cells' edges where a block needs them.
    let draw (plot: Plot) place isEdged (left: float) (heights: float[][]) =
        for cell in cells place heights do
            let corners = [| for c in cell.Corners -> Coordinates(c.X + left, c.Y) |]
            let polygon = plot.Add.Polygon corners
            polygon.FillColor <- colour cell.Height
            // of the fill's colour where there is none: else the background shows between neighbours
            polygon.LineColor <-
                if isEdged then
                    Colors.Black.WithAlpha 0.35
                else
                    colour cell.Height

            polygon.LineWidth <- 0.6f
            polygon.MarkerSize <- 0f

    /// A strip of all colours at the right, and what the lowest and the highest stand for.
    let scale (plot: Plot) (left: float) (width: float) (height: float) (lowest: string) (highest: string) =
        let steps = 64

        for step in 0 .. steps - 1 do
            let low = height * float step / float steps
            let strip = plot.Add.Rectangle(left, left + width, low, low + height / float steps)
            strip.FillColor <- colour ((float step + 0.5) / float steps)
            strip.LineColor <- strip.FillColor
            strip.LineWidth <- 0.6f

        for y, words in [ 0.0, lowest; height, highest ] do
            let text = Chart.text plot Chart.black (left + 1.5 * width) y words
            text.LabelAlignment <- Alignment.MiddleLeft

    /// A picture without axes that shows these places, its units equally long both ways.
    let bare (plot: Plot) left right low high =
        plot.HideGrid()
        plot.Axes.Left.MinimumSize <- 0f

        for axis in plot.Axes.GetAxes() do
            axis.IsVisible <- false

        plot.Axes.SetLimits(left, right, low, high)
        plot.Axes.SquareUnits()
