// Draws all charts, and those of one epoch again where the slider chooses another; a shorter run stays at its last.
(() => {
  const slider = document.getElementById("epoch");
  const config = { displaylogo: false, modeBarButtons: [["toImage", "resetScale2d"]] };

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

  // how wide a chart's text is, where plotly.js has its letters as &lt;
  const pen = document.createElement("canvas").getContext("2d");
  const plain = text => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
  const marked = text => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const widthOf = (text, { family, size }, weight = "normal") => {
    pen.font = `${weight} ${size}px ${family}`;
    return pen.measureText(plain(text)).width;
  };

  // in lines that are no wider than the room, broken at spaces
  const wrapped = (text, room, font) => text.split(" ").reduce((lines, word) => {
    const longer = `${lines.at(-1)} ${word}`;
    return lines.length && widthOf(longer, font) <= room ? [...lines.slice(0, -1), longer] : [...lines, word];
  }, []);

  // as much of it as fits
  const cut = (text, room, font, weight) => {
    if (widthOf(text, font, weight) <= room) return text;
    const letters = [...plain(text)];
    while (letters.length && widthOf(marked(letters.join("")) + "…", font, weight) > room) letters.pop();
    return letters.length > 1 ? marked(letters.join("").trimEnd()) + "…" : "";
  };

  const [lineHeight, buttons, legendMark] = [16, 60, 46];
  const draws = [...document.querySelectorAll(".chart")].map(chart => {
    const { figure: { data, layout }, epochs } = JSON.parse(chart.querySelector("script").textContent);
    const plot = chart.querySelector(".plot"), words = chart.querySelector(".words");
    const axis = { type: layout.yaxis.type, range: [...layout.yaxis.range] };
    const { font, margin: { l, r, t, b }, height } = layout;
    const titles = [layout.xaxis.title.text, layout.yaxis.title.text];
    const names = data.map(trace => trace.name);
    const stages = (layout.annotations || []).map(stage => ({ name: stage.hovertext, whole: stage.text }));
    return {
      row: chart.closest(".pair") || chart,
      plot,

      // titles, names and margins for the width that the chart has now, and a legend of this height
      fit: legend => {
        const beside = wrapped(titles[1], height - t - b, font);
        const left = l + lineHeight * (beside.length - 1);
        const width = Math.max(80, plot.clientWidth - left - r);
        const below = wrapped(titles[0], width, font);
        const bottom = b + lineHeight * (below.length - 1);
        layout.yaxis.title.text = beside.join("<br>");
        layout.xaxis.title.text = below.join("<br>");
        if (layout.showlegend) data.forEach((trace, k) => trace.name = wrapped(names[k], width - legendMark, font).join("<br>"));
        const [low, high] = layout.xaxis.range;
        const place = x => (x - low) / (high - low) * width;
        stages.forEach(({ name, whole }, k) => {
          const end = k + 1 < stages.length ? place(layout.annotations[k + 1].x) - 4 : width - buttons;
          const room = Math.min(end, width - buttons) - place(layout.annotations[k].x) - 4;
          const text = cut(name, room, font, "bold");
          layout.annotations[k].text = text && whole.replace(name, () => text);
        });
        layout.margin = { l: left, r, t, b: bottom + legend };
        layout.height = height + bottom - b + legend;
        layout.width = plot.clientWidth;
      },

      // how high its legend has become
      legend: () => layout.showlegend ? Math.ceil(plot._fullLayout.legend._height) + 8 : 0,

      at: k => {
        const epoch = epochs && epochs[Math.min(k, epochs.length - 1)];
        kinds[chart.dataset.kind](epoch, axis).forEach((values, trace) => Object.assign(data[trace], values));
        if (words) words.textContent = epoch.words;
        Plotly.react(plot, data, layout, config);
        return epochs;
      },
      again: () => Plotly.react(plot, data, layout, config),
    };
  });

  // charts side by side have legends of the same height, so that their axes are at one height too
  const rows = [...new Set(draws.map(draw => draw.row))].map(row => draws.filter(draw => draw.row == row));
  const fit = row => {
    for (const draw of row) { draw.fit(0); draw.again(); }
    const legend = Math.max(...row.map(draw => draw.legend()));
    if (legend) for (const draw of row) { draw.fit(legend); draw.again(); }
  };

  const first = slider ? slider.value - 1 : 0;
  const moving = draws.filter(draw => draw.at(first));
  const widths = new Map();
  const refit = () => rows.forEach(row => {
    const now = row.map(draw => draw.plot.clientWidth).join(" ");
    if (widths.get(row) == now) return;
    widths.set(row, now);
    fit(row);
  });
  refit();
  // in the next frame, since it changes what is observed
  new ResizeObserver(() => requestAnimationFrame(refit)).observe(document.body);

  if (!slider) return;
  const number = document.querySelector(".slider output");
  slider.addEventListener("input", () => {
    moving.forEach(draw => draw.at(slider.value - 1));
    number.textContent = `${slider.value} of ${slider.max}`;
  });
})();
