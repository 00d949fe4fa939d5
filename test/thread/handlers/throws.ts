throw new Error("broken at import");

export default () => {};
