export const setup = () => {
  throw new Error("no database");
};

export default () => {};
