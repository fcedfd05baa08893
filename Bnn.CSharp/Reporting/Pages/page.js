// Draws all charts, and those of one epoch again where the slider chooses another; a shorter run stays at its last.
(() => {
  const slider = document.getElementById("epoch");
  const config = { displaylogo: false, responsive: true, modeBarButtons: [["toImage", "resetScale2d"]] };

  // what the first traces of a chart are at an epoch
  const kinds = {
    lines: () => [],
    histogram: epoch => [{ y: epoch.shares }],
    boxes: (epoch, axis) => {
      // what is 0 stands on a logarithmic axis
      const least = axis.type == "log" ? 10 ** axis.range[0] : -Infinity;
      const heights = k => epoch.boxes.map(box => box && Math.max(box[k], least));
      return [
        { lowerfence: heights(0), q1: heights(1), median: heights(2), q3: heights(3), upperfence: heights(4) },
        { y: heights(2), customdata: epoch.boxes },
      ];
    },
  };

  const draws = [...document.querySelectorAll(".chart")].map(chart => {
    const { figure: { data, layout }, epochs } = JSON.parse(chart.querySelector("script").textContent);
    const plot = chart.querySelector(".plot"), words = chart.querySelector(".words");
    const axis = { type: layout.yaxis.type, range: [...layout.yaxis.range] };
    return k => {
      const epoch = epochs && epochs[Math.min(k, epochs.length - 1)];
      kinds[chart.dataset.kind](epoch, axis).forEach((values, trace) => Object.assign(data[trace], values));
      if (words) words.textContent = epoch.words;
      Plotly.react(plot, data, layout, config);
      return epochs;
    };
  });
  const moving = draws.filter(draw => draw(slider ? slider.value - 1 : 0));
  if (!slider) return;
  const number = document.querySelector(".slider output");
  slider.addEventListener("input", () => {
    moving.forEach(draw => draw(slider.value - 1));
    number.textContent = `${slider.value} of ${slider.max}`;
  });
})();
