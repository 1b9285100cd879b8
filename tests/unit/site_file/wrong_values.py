"""Site files in which a value alone is wrong, with exactly what is to be said of them."""

from tests.unit.site_file.wrong_site import WrongSite

WRONG_VALUES = (
    WrongSite(
        "syntax",
        "schema = 1",
        "schema 1",
        (
            (
                "7: column 8: found an error (Expected '=' after a key in a key/value pair), "
                "expected TOML"
            ),
        ),
    ),
    WrongSite(
        "unclosed",
        'directory = "/var/lib/vendtower"',
        'directory = "/var/lib/vendtower',
        ("174: column 32: found an error (Illegal character '\\n'), expected TOML",),
    ),
    WrongSite(
        "cut off",
        "slots = [\n  { number = 34",
        "slots = [[[\n  { number = 34",
        ("101: column 1: found an error (Unclosed array), expected TOML",),
    ),
    WrongSite(
        "key twice",
        "site_id = 4401",
        'site_id = 4401\nid = "guangzhou-02"',
        ("13: column 20: found an error (Cannot overwrite a value), expected TOML",),
    ),
    WrongSite("other schema", "schema = 1", "schema = 2", ("7: schema: found 2, expected 1",)),
    WrongSite(
        "no tower name",
        'name = "Guangzhou Baiyun"\n',
        "",
        ("9: tower.name: found nothing, expected a text that is not empty",),
    ),
    WrongSite(
        "bad tower id",
        'id = "guangzhou-01"',
        'id = "Guangzhou 01"',
        (
            (
                '10: tower.id: found "Guangzhou 01", expected up to 63 lower-case letters, '
                "digits and hyphens"
            ),
        ),
    ),
    WrongSite(
        "unknown language",
        '"zh-Hans", "en", "fr"',
        '"zh-Hans", "de"',
        ('14: tower.languages[1]: found "de", expected one of "en", "fr", "zh-Hans"',),
    ),
    WrongSite(
        "no language",
        '["zh-Hans", "en", "fr"]',
        "[]",
        (
            (
                "14: tower.languages: found [], expected a list of at least 1, each one of "
                '"en", "fr", "zh-Hans"'
            ),
        ),
    ),
    WrongSite(
        "text for a number",
        "height_mm = 2400",
        'height_mm = "2400"',
        (
            (
                '43: levels[1].height_mm: found "2400", expected a whole number at least '
                "-50000, at most 200000 mm"
            ),
        ),
    ),
    WrongSite(
        "fraction for a count",
        "height_mm = 2400",
        "height_mm = 2400.5",
        (
            (
                "43: levels[1].height_mm: found 2400.5, expected a whole number at least "
                "-50000, at most 200000 mm"
            ),
        ),
    ),
    WrongSite(
        "truth for a number",
        "site_id = 4401",
        "site_id = true",
        (
            (
                "12: tower.site_id: found true, expected a whole number at least 1, at most "
                "4294967295"
            ),
        ),
    ),
    WrongSite(
        "not a number",
        "speed_deg_s = 20",
        "speed_deg_s = nan",
        (
            (
                "110: lifts[0].turntable.speed_deg_s: found nan, expected a number above 0, "
                "at most 360 deg/s"
            ),
        ),
    ),
    WrongSite(
        "speed zero",
        "hoist = { speed_mm_s = 1000",
        "hoist = { speed_mm_s = 0",
        (
            (
                "109: lifts[0].hoist.speed_mm_s: found 0, expected a number above 0, at most "
                "20000 mm/s"
            ),
        ),
    ),
    WrongSite(
        "negative speed",
        "speed_deg_s = 20",
        "speed_deg_s = -20",
        (
            (
                "110: lifts[0].turntable.speed_deg_s: found -20, expected a number above 0, "
                "at most 360 deg/s"
            ),
        ),
    ),
    WrongSite(
        "unknown key",
        "hoist = { speed_mm_s = 1000",
        "hoist = { velocity_mm_s = 1000",
        (
            (
                "109: lifts[0].hoist.speed_mm_s: found nothing, expected a number above 0, at "
                "most 20000 mm/s"
            ),
            (
                "109: lifts[0].hoist.velocity_mm_s: found 1000, expected no such key; known "
                "here: speed_mm_s, acceleration_mm_s2"
            ),
        ),
    ),
    WrongSite(
        "unknown table",
        "[storage]",
        "[stores]",
        (
            "1: storage: found nothing, expected a table",
            (
                "173: stores: found a table, expected no such key; known here: schema, tower, "
                "slot_classes, levels, lifts, bays, kiosks, plc, cloud, identity, web, "
                "storage, condition, policies, power, parts"
            ),
        ),
    ),
    WrongSite(
        "slot number too large",
        "number = 42, angle_deg = 320",
        "number = 512, angle_deg = 320",
        (
            (
                "98: levels[4].slots[8].number: found 512, expected a whole number at least "
                "1, at most 511"
            ),
        ),
    ),
    WrongSite(
        "full turn",
        "number = 20, angle_deg = 160",
        "number = 20, angle_deg = 360",
        (
            (
                "64: levels[2].slots[4].angle_deg: found 360, expected a number at least 0, "
                "below 360 deg"
            ),
        ),
    ),
    WrongSite(
        "lift number too large",
        "[[lifts]]\nnumber = 1",
        "[[lifts]]\nnumber = 5",
        ("102: lifts[0].number: found 5, expected a whole number at least 1, at most 4",),
    ),
    WrongSite(
        "camera of no kind",
        '"rtsp://10.20.0.12/stream1"',
        "false",
        (
            (
                "146: kiosks[1].camera: found false, expected a whole number at least 0, at "
                "most 63 or a text that is not empty"
            ),
        ),
    ),
    WrongSite(
        "board not a path",
        '"/dev/serial/by-id/kiosk-2"',
        '"COM3"',
        ('147: kiosks[1].board: found "COM3", expected an absolute path',),
    ),
    WrongSite(
        "unknown transport",
        'host = "10.20.0.2"',
        'transport = "udp"\nhost = "10.20.0.2"',
        ('150: plc.transport: found "udp", expected one of "tcp", "rtu"',),
    ),
    WrongSite(
        "serial line with a port",
        'host = "10.20.0.2"\nport = 502',
        'transport = "rtu"\nport = 502',
        (
            "149: plc.serial_device: found nothing, expected an absolute path",
            (
                "151: plc.port: found 502, expected no such key; known here: transport, "
                "serial_device, baud, parity, device_id, request_timeout_s, quiet_s"
            ),
        ),
    ),
    WrongSite(
        "slow serial line",
        'host = "10.20.0.2"\nport = 502',
        'transport = "rtu"\nserial_device = "/dev/ttyS0"\nbaud = 9600',
        ("152: plc.baud: found 9600, expected one of 115200, 230400, 460800, 921600",),
    ),
    WrongSite(
        "cloud in clear text",
        "https://cloud.example",
        "http://cloud.example",
        (
            (
                '156: cloud.url: found "http://cloud.example/vendtower", expected an https '
                "URL, or http to this very machine"
            ),
        ),
    ),
    WrongSite(
        "a key that is too short",
        'ed25519 = "M9BVsrrCauBabMVR4SaUAPwT/kahUVXtHzfff2HD6CM="',
        'ed25519 = "M9BVsrrCauBabMVR"',
        ('291: cloud.list_keys[0].ed25519: found "M9BVsrrCauBabMVR", expected 32 bytes in base64',),
    ),
    WrongSite(
        "no cloud",
        (
            "[cloud]\n"
            'url = "https://cloud.example/vendtower"\n'
            'token_file = "/etc/vendtower/cloud-token"\n'
            "poll_interval_s = 5.0\n"
            "request_timeout_s = 10.0\n"
        ),
        "",
        (
            "1: cloud.token_file: found nothing, expected an absolute path",
            "1: cloud.url: found nothing, expected an https URL, or http to this very machine",
        ),
    ),
    WrongSite(
        "unknown engine",
        'engine = "dlib"',
        'engine = "eigenfaces"',
        ('162: identity.engine: found "eigenfaces", expected one of "dlib", "opencv"',),
    ),
    WrongSite(
        "open web server",
        'host = "127.0.0.1"',
        'host = "0.0.0.0"',
        ('170: web.host: found "0.0.0.0", expected one of "127.0.0.1", "::1", "localhost"',),
    ),
    WrongSite(
        "no attempts",
        "identity_attempts_max = 3",
        "identity_attempts_max = 0",
        (
            (
                "179: policies.identity_attempts_max: found 0, expected a whole number at "
                "least 1, at most 10"
            ),
        ),
    ),
    WrongSite(
        "table for a list",
        "[[lifts]]",
        "[lifts]",
        ("101: lifts: found a table, expected a list of at least 1, each a table",),
    ),
)
