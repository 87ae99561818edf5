"""The pixel kernel: cast rays at skin, eyes, cloth and hair, shade three layers, average the samples."""

import warp as wp

from fasnb.simfas.kernels import (
    BARE,
    BODY,
    CAVITY,
    CLOTH,
    LASHES,
    MOUTH,
    TEETH,
    Look,
    collar,
    eye_albedo,
    ggx,
    glint,
    hair_light,
    occluded,
    plain_light,
    skin_light,
    sky,
    sphere,
    texel,
)

wp.set_module_options({"enable_backward": False})


@wp.kernel
def shade(
    look: Look,
    near: wp.uint64,  # the head's mesh
    blocker: wp.uint64,  # the same without lashes and cloth
    points: wp.array(dtype=wp.vec3),
    normals: wp.array(dtype=wp.vec3),
    seen: wp.array(dtype=wp.vec3),
    rest: wp.array(dtype=wp.vec3),
    tris: wp.array2d(dtype=int),
    uv_tris: wp.array2d(dtype=int),
    uv: wp.array(dtype=wp.vec2),  # already in the window's 0 .. 1
    material: wp.array(dtype=int),
    paint: wp.array2d(dtype=wp.vec4),  # albedo, gloss
    relief: wp.array2d(dtype=wp.vec4),  # slope down, slope across, -, -
    far: wp.uint64,  # the hair's mesh or 0
    turn: wp.mat33,  # head's rotation; the hair stays in the head's frame
    pivot: wp.vec3,
    hair_tangent: wp.array(dtype=wp.vec3),
    hair_normal: wp.array(dtype=wp.vec3),
    hair_coords: wp.array(dtype=wp.vec3),  # across -1 .. 1, root 0 .. tip 1, strand's own number
    hair_seen: wp.array(dtype=wp.vec3),
    hair_tint: wp.array(dtype=wp.vec3),
    hair_tris: wp.array2d(dtype=int),
    samples: int,
    key: wp.array2d(dtype=wp.vec3),
    fill: wp.array2d(dtype=wp.vec3),
    ambient: wp.array2d(dtype=wp.vec3),
    cover: wp.array2d(dtype=wp.vec2),  # alpha, eye opening
):
    i, j = wp.tid()
    size = float(key.shape[0])
    sum_k = wp.vec3(0.0, 0.0, 0.0)
    sum_f = wp.vec3(0.0, 0.0, 0.0)
    sum_a = wp.vec3(0.0, 0.0, 0.0)
    hits = float(0.0)
    eyes = float(0.0)
    back = wp.transpose(turn)
    hair_origin = back * (look.camera - pivot) + pivot
    for s in range(samples * samples):
        dx = (float(s % samples) + 0.5) / float(samples)
        dy = (float(s / samples) + 0.5) / float(samples)
        ray = wp.normalize(
            wp.vec3((float(j) + dx - 0.5 * size) * look.step, (0.5 * size - float(i) - dy) * look.step, -1.0)
        )
        v = -ray
        # Nearest surface of the head; lashes are a fringe of hairs that the ray may slip through, and cloth
        # ends at the neckline, so the ray goes on from there.
        start = float(0.0)
        t_head = float(1.0e6)
        face = int(-1)
        bu = float(0.0)
        bv = float(0.0)
        for attempt in range(5):
            q = wp.mesh_query_ray(near, look.camera + ray * start, ray, 40.0 - start)
            if not q.result:
                break
            gone = bool(False)
            m = material[q.face]
            w = 1.0 - q.u - q.v
            where = rest[tris[q.face, 0]] * q.u + rest[tris[q.face, 1]] * q.v + rest[tris[q.face, 2]] * w
            if m == LASHES:
                lash = wp.floor(where[0] * 420.0 + (where[1] - 7.28) * wp.sign(where[0]) * 60.0)
                reach = wp.length(wp.vec3(wp.abs(where[0]) - 0.308, where[1] - 7.284, where[2] - 1.245))
                thick = wp.clamp((0.235 - reach) * 12.0, 0.0, 1.0) * 0.5
                if where[1] < 7.27:
                    thick = thick * 0.12
                gone = wp.randf(wp.rand_init(look.seed, int(lash))) > thick
            if m == CLOTH:
                gone = collar(look, where) < 0.0
            if m == BARE:
                gone = collar(look, where) > 0.08 and where[1] < 6.1  # never through the cloth
            if gone:
                start += q.t + 0.002
            else:
                t_head = start + q.t
                face = q.face
                bu = q.u
                bv = q.v
                break
        t_eye = sphere(look.camera, ray, look.eye_l, look.eye_radius)
        t_right = sphere(look.camera, ray, look.eye_r, look.eye_radius)
        centre = look.eye_l
        side = int(0)
        if t_right < t_eye:
            t_eye = t_right
            centre = look.eye_r
            side = 1
        limit = wp.min(t_head, t_eye)
        hair_ray = back * ray
        strand = int(-1)
        hu = float(0.0)
        hv = float(0.0)
        if far != wp.uint64(0):
            qh = wp.mesh_query_ray(far, hair_origin, hair_ray, wp.min(limit, 40.0))
            if qh.result:
                strand = qh.face
                hu = qh.u
                hv = qh.v
        k = wp.vec3(0.0, 0.0, 0.0)
        f = wp.vec3(0.0, 0.0, 0.0)
        a = wp.vec3(0.0, 0.0, 0.0)
        if strand >= 0:
            i0 = hair_tris[strand, 0]
            i1 = hair_tris[strand, 1]
            i2 = hair_tris[strand, 2]
            hw = 1.0 - hu - hv
            t = turn * wp.normalize(hair_tangent[i0] * hu + hair_tangent[i1] * hv + hair_tangent[i2] * hw)
            n = turn * wp.normalize(hair_normal[i0] * hu + hair_normal[i1] * hv + hair_normal[i2] * hw)
            c = hair_coords[i0] * hu + hair_coords[i1] * hv + hair_coords[i2] * hw
            o = hair_seen[i0] * hu + hair_seen[i1] * hv + hair_seen[i2] * hw
            lane = int(wp.floor(c[0] * 3.5 + 4.0) + hair_coords[i0][2] * 8.0)
            u = wp.randf(wp.rand_init(look.seed, lane))
            colour = hair_tint[i0] * ((0.72 + 0.56 * u) * (0.55 + 0.45 * wp.min(c[1] * 3.0, 1.0)))
            k = hair_light(colour, t, n, look.to_key, v, o[0], look.shine, u - 0.5)
            f = hair_light(colour, t, n, look.to_fill, v, o[1], look.shine, u - 0.5)
            a = (colour + wp.vec3(0.012, 0.012, 0.012) * look.shine) * (o[2] * o[2] * sky(n))
            hits += 1.0
        elif t_eye < t_head:
            p = look.camera + ray * t_eye
            n = wp.normalize(p - centre)
            axis = look.gaze * wp.vec3(0.0, 0.0, 1.0)
            local = wp.transpose(look.gaze) * n
            albedo = eye_albedo(look, local, side)
            bulge = wp.normalize(
                n + (n - axis) * (1.05 * (1.0 - wp.smoothstep(0.36, 0.50, wp.acos(local[2]))))
            )
            lit_k = float(0.0)
            lit_f = float(0.0)
            open_ = float(0.0)
            for r in range(6):
                th = float(r) * 1.0472 + 0.3
                x = wp.vec3(wp.cos(th), wp.sin(th), 0.0)
                o1 = p + n * 0.01
                lit_k += wp.step(
                    occluded(blocker, wp.uint64(0), o1, wp.normalize(look.to_key + x * 0.22), 4.0) - 3.99
                )
                lit_f += wp.step(
                    occluded(blocker, wp.uint64(0), o1, wp.normalize(look.to_fill + x * 0.22), 4.0) - 3.99
                )
                open_ += wp.min(
                    occluded(blocker, wp.uint64(0), o1, wp.normalize(n + x * 0.8), 0.5) / 0.5, 1.0
                )
            # wp.step(x) is 1 below zero, so blocked rays were counted
            sk = 1.0 - lit_k / 6.0
            sf = 1.0 - lit_f / 6.0
            ao = 0.25 + 0.75 * open_ / 6.0
            white = wp.vec3(1.0, 1.0, 1.0)
            k = plain_light(albedo, n, look.to_key, sk * ao) + white * (
                0.75 * glint(look, bulge, v, look.to_key, 0.22)
            )
            f = plain_light(albedo, n, look.to_fill, sf * ao) + white * (
                0.35 * glint(look, bulge, v, look.to_fill, 0.3)
            )
            a = albedo * (ao * ao * 0.9) + white * (0.02 * ao * sky(bulge))
            eyes += 1.0
            hits += 1.0
        elif face >= 0:
            m = material[face]
            w = 1.0 - bu - bv
            i0 = tris[face, 0]
            i1 = tris[face, 1]
            i2 = tris[face, 2]
            n = wp.normalize(normals[i0] * bu + normals[i1] * bv + normals[i2] * w)
            inside_out = wp.dot(n, v) < 0.0
            if inside_out:
                n = wp.normalize(n + v * (0.02 - wp.dot(n, v)))
            o = seen[i0] * bu + seen[i1] * bv + seen[i2] * w
            where = rest[i0] * bu + rest[i1] * bv + rest[i2] * w
            if m == BODY or m == BARE:
                flat = n
                albedo = look.skin
                gloss = float(0.75)
                if m == BODY:
                    a0 = uv[uv_tris[face, 0]]
                    a1 = uv[uv_tris[face, 1]]
                    a2 = uv[uv_tris[face, 2]]
                    at = a0 * bu + a1 * bv + a2 * w
                    mark = texel(paint, at[0], at[1])
                    albedo = wp.vec3(mark[0], mark[1], mark[2])
                    gloss = mark[3]
                    slope = texel(relief, at[0], at[1])
                    e1 = points[i1] - points[i0]
                    e2 = points[i2] - points[i0]
                    d1 = a1 - a0
                    d2 = a2 - a0
                    det = d1[0] * d2[1] - d1[1] * d2[0]
                    if wp.abs(det) > 1.0e-12:
                        pu = wp.normalize((e1 * d2[1] - e2 * d1[1]) / det)
                        pv = wp.normalize((e2 * d1[0] - e1 * d2[0]) / det)
                        n = wp.normalize(n - pu * slope[0] - pv * slope[1])
                else:
                    rough = wp.noise(wp.rand_init(look.seed, 5), where * 7.0)
                    fine = wp.noise(wp.rand_init(look.seed, 6), where * 45.0)
                    albedo = albedo * (1.0 + 0.05 * rough + 0.03 * fine)
                k = skin_light(albedo, n, flat, look.to_key, v, o[0], gloss * look.gloss)
                f = skin_light(albedo, n, flat, look.to_fill, v, o[1], gloss * look.gloss)
                # Light bounced between skin and skin is redder: openness acts less on red.
                sk3 = wp.vec3(wp.pow(o[2], 0.85), o[2], wp.pow(o[2], 1.08))
                rim = 0.028 + 0.25 * wp.pow(1.0 - wp.max(wp.dot(n, v), 0.0), 5.0)
                a = wp.cw_mul(albedo, sk3) * sky(n) + wp.vec3(1.0, 1.0, 1.0) * (rim * 0.7 * gloss * o[2])
            elif m == CLOTH:
                weave = wp.noise(wp.rand_init(look.seed, 7), where * 60.0)
                folds = wp.noise(
                    wp.rand_init(look.seed, 8), wp.vec3(where[0] * 3.0, where[1] * 5.0, where[2] * 3.0)
                )
                albedo = look.cloth * (1.0 + 0.10 * weave + 0.05 * folds)
                if look.cloth_kind == 1:
                    albedo = albedo * (0.75 + 0.25 * wp.sign(wp.sin(where[1] * 14.0)))
                if collar(look, where) < 0.10:
                    albedo = albedo * 0.82
                n = wp.normalize(n + wp.vec3(folds * 0.25, folds * 0.1, 0.0))
                if inside_out:  # the back of the collar, seen past the neck
                    o = wp.vec3(0.08, 0.08, 0.3)
                k = plain_light(albedo, n, look.to_key, o[0])
                f = plain_light(albedo, n, look.to_fill, o[1])
                a = albedo * (o[2] * sky(n))
            else:
                albedo = wp.vec3(0.16, 0.05, 0.045)
                deep = float(0.35)
                if m == TEETH:
                    albedo = wp.vec3(0.55, 0.50, 0.42)
                    deep = 0.6
                if m == MOUTH:
                    albedo = wp.vec3(0.30, 0.10, 0.09)
                    deep = 0.5
                if m == LASHES:
                    albedo = wp.vec3(0.012, 0.009, 0.008)
                    deep = 1.0
                if m == CAVITY:
                    albedo = wp.vec3(0.25, 0.12, 0.10)
                gleam = float(0.0)
                if m == TEETH or m == MOUTH:
                    gleam = ggx(n, v, look.to_key, 0.3) * o[0]
                k = plain_light(albedo, n, look.to_key, o[0] * deep) + wp.vec3(gleam, gleam, gleam)
                f = plain_light(albedo, n, look.to_fill, o[1] * deep)
                a = albedo * (o[2] * o[2] * deep)
            hits += 1.0
        sum_k += k
        sum_f += f
        sum_a += a
    if hits > 0.0:
        key[i, j] = sum_k / hits
        fill[i, j] = sum_f / hits
        ambient[i, j] = sum_a / hits
    n_all = float(samples * samples)
    cover[i, j] = wp.vec2(hits / n_all, eyes / n_all)
