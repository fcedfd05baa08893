// The slider chooses the epoch whose latent weights are shown, in all histograms of the page; a shorter run stays at its last.
(() => {
  const slider = document.getElementById("epoch");
  if (!slider) return;
  const charts = [...document.querySelectorAll(".histogram")].map(chart => ({
    bars: [...chart.querySelectorAll(".bar")],
    words: chart.querySelector(".words"),
    epochs: JSON.parse(chart.querySelector(".epochs").textContent),
  }));
  const bottoms = charts.map(chart => chart.bars.map(bar => +bar.getAttribute("y") + +bar.getAttribute("height")));
  const show = () => charts.forEach((chart, c) => {
    const epoch = chart.epochs[Math.min(slider.value, chart.epochs.length) - 1];
    chart.bars.forEach((bar, k) => {
      bar.setAttribute("height", epoch.heights[k]);
      bar.setAttribute("y", bottoms[c][k] - epoch.heights[k]);
    });
    chart.words.textContent = epoch.words;
  });
  slider.addEventListener("input", show);
  show();
})();
