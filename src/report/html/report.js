// Search, filters and the theme. Without it the page is whole: everything stands in it, only unfiltered.
(() => {
  "use strict";
  const id = (name) => document.getElementById(name);
  const rules = [...document.querySelectorAll("details.rule")];
  const groups = [...document.querySelectorAll("section.group")];
  const form = id("filters");
  const fields = ["outcome", "severity", "area", "component"].map(id).filter(Boolean);
  const texts = new Map();

  const text = (rule) => {
    if (!texts.has(rule)) texts.set(rule, rule.textContent.toLowerCase());
    return texts.get(rule);
  };
  const fits = {
    outcome: (rule, wanted) =>
      wanted === "open"
        ? rule.dataset.outcome === "fail" || rule.dataset.outcome === "partial"
        : wanted === "decided"
          ? "decided" in rule.dataset
          : rule.dataset.outcome === wanted,
    severity: (rule, wanted) => rule.dataset.severity === wanted,
    area: (rule, wanted) => rule.dataset.area === wanted,
    component: (rule, wanted) => rule.dataset.components.split(" ").includes(wanted),
  };

  const filter = () => {
    const words = id("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const rule of rules) {
      const fit =
        fields.every((field) => !field.value || fits[field.id](rule, field.value)) &&
        words.every((word) => text(rule).includes(word));
      rule.hidden = !fit;
      shown += fit ? 1 : 0;
    }
    for (const group of groups) group.hidden = !group.querySelector("details.rule:not([hidden])");
    id("nothing").hidden = shown > 0;
    id("count").textContent = shown === rules.length ? `${shown} rules` : `${shown} of ${rules.length} rules`;
    const set = Boolean(words.length) || fields.some((field) => field.value);
    form.querySelector("[type=reset]").disabled = !set;
    label();
  };

  const visible = () => rules.filter((rule) => !rule.hidden);
  const label = () => {
    const open = visible().some((rule) => rule.open);
    id("unfold").textContent = open ? "Close all" : "Open all";
  };

  form.hidden = false;
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(filter));
  id("unfold").addEventListener("click", () => {
    const open = !visible().some((rule) => rule.open);
    for (const rule of visible()) rule.open = open;
    label();
  });
  for (const rule of rules) rule.addEventListener("toggle", label);

  // A count, an area or a component above chooses its rules below.
  for (const link of document.querySelectorAll("a[data-outcome], a[data-area], a[data-component]")) {
    link.addEventListener("click", () => {
      form.reset();
      for (const field of fields) {
        const wanted = link.dataset[field.id];
        if (wanted !== undefined) field.value = wanted;
      }
      setTimeout(filter);
    });
  }

  // A link to a rule opens it, and shows it even where a filter hides it.
  const follow = () => {
    let name = location.hash.slice(1);
    try {
      name = decodeURIComponent(name);
    } catch {
      return;
    }
    const target = id(name);
    if (!target) return;
    if (target.matches("details")) {
      if (target.hidden) {
        form.reset();
        filter();
      }
      target.open = true;
      target.scrollIntoView();
    }
  };
  addEventListener("hashchange", follow);

  // On paper what is to be done and the arithmetic are open, and what the reader opened; afterwards all is as it was.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll(".rule.fail:not([open]), .rule.partial:not([open]), #weights:not([open])")];
    for (const one of closed) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of closed) one.open = false;
  });

  // The theme: of the system, or chosen; kept where the browser lets a file keep anything.
  const themes = ["system", "light", "dark"];
  const button = id("theme");
  const keep = (wanted) => {
    try {
      if (wanted !== undefined) localStorage.setItem("prodready-theme", wanted);
      return localStorage.getItem("prodready-theme");
    } catch {
      return null;
    }
  };
  const dress = (theme) => {
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    button.textContent = `Theme: ${theme}`;
  };
  let theme = themes.includes(keep()) ? keep() : "system";
  dress(theme);
  button.hidden = false;
  button.addEventListener("click", () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length];
    keep(theme);
    dress(theme);
  });

  filter();
  follow();
})();
