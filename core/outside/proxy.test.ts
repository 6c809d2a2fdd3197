import { describe, expect, it } from "vitest";
import { proxyFor } from "./proxy.ts";

const of = (address: string, environment: Record<string, string>) =>
  proxyFor(address, environment)?.description ?? null;

describe("the proxy of an address", () => {
  const http_proxy = "http://p:3128";
  it.each([
    ["by its protocol", "http://api.example/v1", { http_proxy, https_proxy: "http://q:1" }, "http_proxy=http://p:3128"],
    ["of HTTPS", "https://api.example/v1", { http_proxy, https_proxy: "http://q:1" }, "https_proxy=http://q:1"],
    ["in capitals", "https://api.example", { HTTPS_PROXY: "http://q:1" }, "HTTPS_PROXY=http://q:1"],
    ["in lower case before capitals", "http://h", { HTTP_PROXY: "http://q:1", http_proxy }, "http_proxy=http://p:3128"],
    ["of all protocols", "https://h", { all_proxy: "socks5://s:1080", http_proxy }, "all_proxy=socks5://s:1080"],
    ["where the other is empty", "http://h", { http_proxy: "", ALL_PROXY: "http://a:1" }, "ALL_PROXY=http://a:1"],
    ["without a scheme", "http://h", { http_proxy: "p:3128" }, "http_proxy=http://p:3128"],
    ["without its password", "http://h", { http_proxy: "http://me:secret@p:1" }, "http_proxy=http://…@p:1"],
    ["of gRPC is unused outside the cluster", "http://h", { grpc_proxy: "http://g:1" }, null],
    ["of another protocol is not taken", "https://h", { http_proxy }, null],
  ])("%s", (_, address, environment, description) => {
    expect(of(address, environment)).toBe(description);
  });

  it.each([
    "http://127.0.0.1:8000/v1",
    "http://127.8.9.1",
    "http://localhost:8000",
    "http://[::1]:8000",
    "http://model.localhost",
  ])("%s is on this host and needs none", (address) => {
    expect(of(address, { http_proxy, all_proxy: http_proxy })).toBeNull();
  });

  it.each([
    ["*", true],
    ["api.example", true],
    ["API.Example", true],
    ["example", true],
    [".example", true],
    ["*.example", true],
    ["other.test, api.example", true],
    ["other.test api.example", true],
    ["api.example:8000", true],
    ["api.example:8001", false],
    ["pi.example", false],
    ["example.test", false],
    ["", false],
  ])("no_proxy=%j: api.example:8000 is excepted: %j", (no_proxy, excepted) => {
    expect(of("http://api.example:8000/v1", { http_proxy, no_proxy }) === null).toBe(excepted);
  });

  it.each([
    ["http://10.1.2.3", "10.0.0.0/8", true],
    ["http://10.1.2.3:80", "10.1.2.3", true],
    ["http://11.1.2.3", "10.0.0.0/8", false],
    ["http://10.1.2.3", "10.0.0.0/99", false],
    ["http://[fd00::5]:8000", "fd00::/8", true],
    ["http://[fd00::5]:8000", "[fd00::5]:8000", true],
    ["http://[fd00::5]", "fd00::6", false],
  ])("%s under no_proxy=%s is excepted: %j", (address, NO_PROXY, excepted) => {
    expect(of(address, { http_proxy, NO_PROXY }) === null).toBe(excepted);
  });
});
