# SPDX-License-Identifier: Apache-2.0
"""What other ways to run /bin/true take on this machine, measured in the same run."""
import json
import os
import re
import shutil
import subprocess
import tempfile
import time


def timed(command):
    begin = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    return (time.perf_counter() - begin) * 1000


def bwrap(runs):
    if not shutil.which("bwrap"):
        return []
    command = ["bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--unshare-all", "/bin/true"]
    return [timed(command) for _ in range(runs)]


def runc(runs):
    if not shutil.which("runc"):
        return []
    bundle = tempfile.mkdtemp(prefix="sandbar-runc-")
    try:
        _make_bundle(bundle)
        return [timed(["runc", "run", "--bundle", bundle, f"sandbar-bench-{os.getpid()}-{i}"]) for i in range(runs)]
    except (subprocess.CalledProcessError, OSError):
        return []
    finally:
        shutil.rmtree(bundle, ignore_errors=True)


def _make_bundle(bundle):
    """A container whose /usr is this machine's, read-only."""
    os.makedirs(f"{bundle}/rootfs/usr")
    for name in ("bin", "lib", "lib64", "sbin"):
        os.symlink(f"usr/{name}", f"{bundle}/rootfs/{name}")
    subprocess.run(["runc", "spec"], cwd=bundle, check=True)
    with open(f"{bundle}/config.json") as f:
        config = json.load(f)
    config["process"].update(args=["/bin/true"], terminal=False)
    config["mounts"].append({"destination": "/usr", "type": "bind", "source": "/usr", "options": ["rbind", "ro"]})
    config["linux"].pop("resources", None)
    with open(f"{bundle}/config.json", "w") as f:
        json.dump(config, f)


def database_reads(state, runs):
    """Rows that PostgreSQL alone finds by their key in a second, asked by 16 clients: no API that reads anything can do more."""
    if not shutil.which("pgbench"):
        return []
    script = f"{state}/one-row.sql"
    with open(script, "w") as f:
        f.write("SELECT email FROM users WHERE id = '00000000-0000-4000-8000-000000000001';\n")
    os.chmod(script, 0o644)
    command = ["runuser", "-u", "sandbar", "--", "pgbench", "--host", f"{state}/postgres", "--no-vacuum", "--protocol", "prepared",
               "--client", "16", "--time", "3", "--file", script, "sandbar"]
    outputs = [subprocess.run(command, check=True, capture_output=True, text=True, cwd="/").stdout for _ in range(runs)]
    return [float(re.search(r"^tps = ([\d.]+)", out, re.MULTILINE).group(1)) for out in outputs]


def cold_boot(state, runs):
    """A machine booted from nothing to its kernel handing over to init: what a template's memory image saves."""
    kernel, initrd = f"{state}/kernel/vmlinux", f"{state}/kernel/initrd.cpio"
    if not os.path.exists(kernel):
        return []
    khz = next((int(float(line.split()[3]) * 1000) for line in open("/proc/cpuinfo") if line.startswith("cpu MHz")), 2_000_000)
    append = (f"console=ttyS0 panic=-1 reboot=t no_timer_check tsc=reliable tsc_early_khz={khz} i8042.noaux "
              "8250.nr_uarts=1 cryptomgr.notests mitigations=off audit=0 nokaslr rcupdate.rcu_expedited=1")
    command = ["qemu-system-x86_64", "-M", "microvm,pit=off,pic=off,rtc=on", "-accel", "tcg", "-cpu", "max", "-m", "512",
               "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-serial", "stdio",
               "-kernel", kernel, "-initrd", initrd, "-append", append]
    return [ms for ms in (_until(command, b"Run /init", 60) for _ in range(runs)) if ms]


def _until(command, marker, limit):
    begin = time.perf_counter()
    vm = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    try:
        seen = b""
        os.set_blocking(vm.stdout.fileno(), False)
        while marker not in seen and time.perf_counter() - begin < limit and vm.poll() is None:
            seen += vm.stdout.read() or b""
            time.sleep(0.002)
        return (time.perf_counter() - begin) * 1000 if marker in seen else None
    finally:
        vm.kill()
        vm.wait()
