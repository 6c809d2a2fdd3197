export function Candidates() {
  return <h1>Candidates</h1>;
}
