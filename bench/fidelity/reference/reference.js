// Draws one shot of a model with three.js. Called by bench/fidelity/three_reference.py, which says what a shot is.
import * as THREE from "three";
import { DRACOLoader } from "three/addons/loaders/DRACOLoader.js";
import { GLTFLoader } from "three/addons/loaders/GLTFLoader.js";
import { HDRLoader } from "three/addons/loaders/HDRLoader.js";
import { KTX2Loader } from "three/addons/loaders/KTX2Loader.js";
import { MeshoptDecoder } from "three/addons/libs/meshopt_decoder.module.js";

const LIBRARIES = "./node_modules/three/examples/jsm/libs";
const renderer = new THREE.WebGLRenderer({ antialias: true, preserveDrawingBuffer: true });
renderer.toneMapping = THREE.NeutralToneMapping;
document.body.append(renderer.domElement);

const loader = new GLTFLoader()
    .setDRACOLoader(new DRACOLoader().setDecoderPath(`${LIBRARIES}/draco/gltf/`))
    .setKTX2Loader(new KTX2Loader().setTranscoderPath(`${LIBRARIES}/basis/`).detectSupport(renderer))
    .setMeshoptDecoder(MeshoptDecoder);

async function chooseVariant(gltf, name) {
    const names = gltf.userData.gltfExtensions?.KHR_materials_variants?.variants?.map((variant) => variant.name) ?? [];
    const jobs = [];
    gltf.scene.traverse((object) => {
        const mappings = object.userData.gltfExtensions?.KHR_materials_variants?.mappings;
        const mapping = mappings?.find((one) => one.variants.includes(names.indexOf(name)));
        if (mapping) {
            jobs.push(gltf.parser.getDependency("material", mapping.material).then((material) => {
                object.material = material;
                gltf.parser.assignFinalMaterial(object);
            }));
        }
    });
    await Promise.all(jobs);
}

function lit(scene, shot) {
    if (shot.sun) {
        const sun = new THREE.DirectionalLight(new THREE.Color(...shot.sun.color), shot.sun.intensity);
        sun.position.set(...shot.sun.direction).multiplyScalar(-1);
        scene.add(sun, sun.target);
    }
}

async function environment(scene, shot) {
    if (!shot.environment) return;
    const map = await new HDRLoader().loadAsync(shot.environment);
    map.mapping = THREE.EquirectangularReflectionMapping;
    scene.environment = map;
    scene.environmentIntensity = shot.environmentIntensity;
    // three.js has the middle of the picture along +X; we, as for panoramas, have it along -Z.
    const turn = Math.PI / 2 + shot.environmentRotation;
    scene.environmentRotation.set(0, turn, 0);
    if (shot.environmentShown) {
        scene.background = map;
        scene.backgroundIntensity = shot.environmentIntensity;
        scene.backgroundRotation.set(0, turn, 0);
    }
}

const POINT_PX = 3;

// What glTF leaves open is as with us: points have 3 pixels, and what is unlit is no light that would be mapped, as in
// Khronos' own renderer.
function settle(scene) {
    scene.traverse((object) => {
        for (const material of [object.material ?? []].flat()) {
            if (object.isPoints) material.size = POINT_PX;
            if (material.isMeshBasicMaterial || object.isPoints || object.isLine) material.toneMapped = false;
        }
    });
}

// WebGL's lines and points keep their width in pixels, so that they would vanish where a larger picture is averaged.
function hasLinesOrPoints(scene) {
    let found = false;
    scene.traverse((object) => { found ||= object.isLine || object.isPoints; });
    return found;
}

// The shot as a PNG, at `shot.larger` times its width and height if it may be, as a data URL.
window.drawShot = async (shot) => {
    renderer.toneMappingExposure = shot.exposure;
    renderer.setClearColor(new THREE.Color().setRGB(...shot.background, THREE.SRGBColorSpace), 1);
    const scene = new THREE.Scene();
    const gltf = await loader.loadAsync(shot.model);
    if (shot.variant) await chooseVariant(gltf, shot.variant);
    scene.add(gltf.scene);
    settle(gltf.scene);
    const larger = hasLinesOrPoints(gltf.scene) ? 1 : shot.larger;
    renderer.setPixelRatio(1);
    renderer.setSize(shot.width * larger, shot.height * larger, false);
    lit(scene, shot);
    await environment(scene, shot);
    if (shot.clips.length) {
        const mixer = new THREE.AnimationMixer(gltf.scene);
        for (const index of shot.clips) mixer.clipAction(gltf.animations[index]).play();
        mixer.setTime(shot.timeS);
    }
    const camera = new THREE.PerspectiveCamera(shot.fovYDeg, shot.width / shot.height, shot.near, shot.far);
    camera.matrixAutoUpdate = false;
    camera.matrix.fromArray(shot.cameraMatrix);
    scene.add(camera);
    scene.updateMatrixWorld(true);
    renderer.render(scene, camera);
    return renderer.domElement.toDataURL("image/png");
};
window.ready = true;
